#include "rehearsal_judge.h"

#include <inttypes.h>
#include <string.h>

#include "file.h"
#include "money.h"
#include "printable.h"
#include "rehearsal_rows.h"
#include "text.h"

enum { FILE_MOST = 16 * 1024 * 1024, LINE_SHOWN = 200 };

static bool check_number(FILE *out, const char *what, int64_t expected, int64_t got) {
    if (expected < 0 || expected == got)
        return true;
    fprintf(out, "%s: expected %" PRId64 ", got %" PRId64 "\n", what, expected, got);
    return false;
}

static bool check_money(FILE *out, const char *what, sluice_text expected, money got) {
    char wanted_text[MONEY_TEXT], got_text[MONEY_TEXT];
    money wanted;
    if (!expected.ptr || (money_parse_strict(expected, &wanted) && wanted == got))
        return true;
    fprintf(out, "%s: expected %s, got %s\n", what, money_format(wanted, wanted_text),
            money_format(got, got_text));
    return false;
}

static bool check_sums(FILE *out, const struct rehearsal_result *result) {
    const struct rehearsal_expect *expect = &result->scene->step->expect;
    const struct run_sums *sums = &result->sums;
    bool good = check_number(out, "exit", expect->exit, result->exit);
    good &= check_number(out, "read", expect->read, (int64_t)sums->read);
    for (int kind = 0; kind < TALLY_KINDS; kind++)
        good &= check_number(out, tally_name((enum tally_kind)kind), expect->kinds[kind],
                             (int64_t)sums->left[kind]);
    good &= check_number(out, "settled", expect->settled, (int64_t)sums->settled);
    return check_money(out, "spend", expect->spend, sums->spent) && good;
}

/* ---- records ------------------------------------------------------------------------------------------ */

/* By its id, else by its name; NULL: there is none that keeps records. */
static const struct kept_rows *sink_named(const struct rehearsal_scene *scene, sluice_text name) {
    const struct components *sinks = &scene->pipeline->sinks;
    for (size_t i = 0; i < sinks->count; i++)
        if (scene->sinks[i].id && text_is(name, sinks->items[i].id))
            return &scene->sinks[i];
    for (size_t i = 0; i < sinks->count; i++)
        if (scene->sinks[i].id && text_is(name, sinks->items[i].name))
            return &scene->sinks[i];
    return NULL;
}

static bool check_sinks(FILE *out, const struct rehearsal_scene *scene) {
    const struct rehearsal_expect *expect = &scene->step->expect;
    bool good = true;
    for (size_t i = 0; i < expect->sink_count; i++) {
        const struct rehearsal_sink *sink = &expect->sinks[i];
        const struct kept_rows *kept = sink_named(scene, sink->name);
        if (kept)
            good &= rehearsal_rows_match(out, sink->name.ptr, &sink->rows, &kept->rows);
        else
            good = fprintf(out, "sinks: no sink has the id or the name '%.*s'\n", TEXT_ARG(sink->name)) < 0;
    }
    return good;
}

static bool check_records(FILE *out, const struct rehearsal_scene *scene) {
    const struct rehearsal_expect *expect = &scene->step->expect;
    bool good = true;
    if (expect->orders && !scene->sinks[0].id)
        good = fputs("orders: the first sink writes a file of the test; name another one below 'sinks'\n",
                     out) < 0;
    else if (expect->orders)
        good = rehearsal_rows_match(out, "orders", expect->orders, &scene->sinks[0].rows);
    if (expect->rejects)
        good &= rehearsal_rows_match(out, "rejects", expect->rejects, &scene->rejects.rows);
    return check_sinks(out, scene) && good;
}

/* ---- requests ----------------------------------------------------------------------------------------- */

static void put_request(FILE *out, sluice_text text) {
    sluice_text cut = text_cut(text, 2 * LINE_SHOWN);
    fputs("      ", out);
    printable_put(out, cut);
    fputs(cut.len < text.len ? "…\n" : "\n", out);
}

static bool check_post(FILE *out, size_t number, const sluice_texts *parts, sluice_text text) {
    for (uint64_t i = 0; i < parts->count; i++) {
        if (memmem(text.ptr, text.len, parts->items[i].ptr, parts->items[i].len))
            continue;
        fprintf(out, "posts: in number %zu there is no '", number);
        printable_put(out, parts->items[i]);
        fputs("':\n", out);
        put_request(out, text);
        return false;
    }
    return true;
}

static bool check_posts(FILE *out, const struct rehearsal_scene *scene) {
    const struct rehearsal_expect *expect = &scene->step->expect;
    const struct rehearsal_provider *provider = &scene->provider;
    int64_t paid = 0;
    bool good = true;
    for (size_t i = 0; i < provider->request_count; i++) {
        if (!provider->requests[i].paid)
            continue;
        if (expect->posts && paid < expect->post_count)
            good &= check_post(out, (size_t)paid + 1, &expect->posts[paid], provider->requests[i].text);
        paid++;
    }
    if (!check_number(out, "posts", expect->post_count, paid)) {
        good = false;
        for (size_t i = 0; i < provider->request_count; i++)
            if (provider->requests[i].paid)
                put_request(out, provider->requests[i].text);
    }
    return check_number(out, "calls", expect->calls, (int64_t)provider->request_count) && good;
}

/* What holds for every test, named or not. */
static bool check_provider(FILE *out, struct rehearsal_scene *scene) {
    struct sandbox_counts counts;
    bool good = true;
    rehearsal_provider_count(&scene->provider, &counts);
    if (counts.repeated && !scene->step->repeat) {
        fprintf(out, "charged twice: %" PRIu64 " identifier%s\n", counts.repeated,
                counts.repeated == 1 ? "" : "s");
        good = false;
    }
    if (scene->provider.unanswered) {
        fprintf(out, "no reply is written for %" PRIu64 " request%s, first:\n", scene->provider.unanswered,
                scene->provider.unanswered == 1 ? "" : "s");
        put_request(out, scene->provider.first_unanswered);
        good = false;
    }
    return check_money(out, "charged", scene->step->expect.charged, counts.amount) && good;
}

/* ---- texts ----------------------------------------------------------------------------------------------
 */

/* The first line of each that differs. */
static void put_lines(FILE *out, sluice_text expected, sluice_text got) {
    for (unsigned line = 1; expected.len || got.len; line++) {
        const char *end = memchr(expected.ptr, '\n', expected.len);
        const char *got_end = memchr(got.ptr, '\n', got.len);
        sluice_text one = {expected.ptr, end ? (uint64_t)(end - expected.ptr) : expected.len};
        sluice_text other = {got.ptr, got_end ? (uint64_t)(got_end - got.ptr) : got.len};
        if (!text_equal(one, other) || !end != !got_end) {
            fprintf(out, "    line %u\n    - ", line);
            printable_put(out, text_cut(one, LINE_SHOWN));
            fputs(expected.len ? "\n    + " : "(the end)\n    + ", out);
            printable_put(out, text_cut(other, LINE_SHOWN));
            fputs(got.len ? "\n" : "(the end)\n", out);
            return;
        }
        expected.ptr += one.len + 1, expected.len -= one.len + 1;
        got.ptr += other.len + 1, got.len -= other.len + 1;
    }
}

static bool check_file(FILE *out, const sluice_pair *file) {
    sluice_arena arena = {0};
    sluice_text got = {NULL, 0}, expected = file->values.count ? file->values.items[0] : TEXT("");
    sluice_error error = ERROR_INIT;
    char path[512];
    bool found = rehearsal_scene_path(file->key, path, sizeof path) &&
                 file_read(path, FILE_MOST, &arena, &got, &error) == 0;
    bool good = found && text_equal(expected, got);
    if (!found)
        fprintf(out, "files: %.*s wasn't written; 'files' names a file as the path of its sink does\n",
                TEXT_ARG(file->key));
    else if (!good) {
        fprintf(out, "files: %.*s differs\n", TEXT_ARG(file->key));
        put_lines(out, expected, got);
    }
    arena_free(&arena);
    return good;
}

static bool check_texts(FILE *out, const struct rehearsal_result *result) {
    const struct rehearsal_expect *expect = &result->scene->step->expect;
    bool good = true;
    for (uint64_t i = 0; i < expect->files.count; i++)
        good &= check_file(out, &expect->files.items[i]);
    for (uint64_t i = 0; i < expect->says.count; i++) {
        if (memmem(result->log.ptr, result->log.len, expect->says.items[i].ptr, expect->says.items[i].len))
            continue;
        fprintf(out, "says: the run didn't say '%.*s'\n", TEXT_ARG(expect->says.items[i]));
        good = false;
    }
    return good;
}

bool rehearsal_judge(FILE *out, const struct rehearsal_result *result) {
    bool good = check_sums(out, result);
    good &= check_records(out, result->scene);
    good &= check_posts(out, result->scene);
    good &= check_provider(out, result->scene);
    return check_texts(out, result) && good;
}
