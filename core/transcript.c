#include "transcript.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sluice/instant.h>

#include "file.h"
#include "text.h"
#include "transcript_parts.h"

enum { FILE_MOST = 4 * 1024 * 1024, OPTIONS_MOST = 64 };

struct replay {
    const char *path;
    struct registry *registry;
    FILE *out, *now; /* now: the file as it should be */
    struct transcript *transcript;
    sluice_arena arena;
    sluice_text *lines;
    size_t count;
    struct transcript_component component;
    sluice_text name, options[OPTIONS_MOST];
    size_t option_count;
};

/* A part of the file that ends with one call. */
struct part {
    size_t from, to; /* lines */
    struct transcript_call call;
    bool headed; /* the empty line behind the reply's headers was there */
};

/* ---- lines ---------------------------------------------------------------------------------- */

static int split(struct replay *replay, sluice_text text, sluice_error *error) {
    size_t most = 2;
    for (uint64_t i = 0; i < text.len; i++)
        most += text.ptr[i] == '\n';
    replay->lines = arena_array(&replay->arena, most, sizeof *replay->lines);
    if (!replay->lines)
        return fail_memory(error);
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        uint64_t length = end ? (uint64_t)(end - text.ptr) : text.len;
        replay->lines[replay->count++] = (sluice_text){text.ptr, length};
        text = (sluice_text){text.ptr + length + (end != NULL), text.len - length - (end != NULL)};
    }
    return 0;
}

/* "call place": is `word` the first of the line? Then what is behind it. */
static bool is_word(sluice_text line, const char *word, sluice_text *rest) {
    size_t length = strlen(word);
    if (line.len < length || memcmp(line.ptr, word, length) != 0 ||
        (line.len > length && line.ptr[length] != ' '))
        return false;
    *rest = text_trim((sluice_text){line.ptr + length, line.len - length});
    return true;
}

/* "> text": without the mark and one blank. */
static bool is_marked(sluice_text line, char mark, sluice_text *rest) {
    if (!line.len || line.ptr[0] != mark || (line.len > 1 && line.ptr[1] != ' '))
        return false;
    uint64_t skip = line.len > 1 ? 2 : 1;
    *rest = (sluice_text){line.ptr + skip, line.len - skip};
    return true;
}

static bool is_comment(sluice_text line) {
    sluice_text text = text_trim(line);
    return !text.len || text.ptr[0] == '#';
}

static int wrong(struct replay *replay, size_t line, sluice_error *error, const char *what) {
    return fail(error, SLUICE_E_DATA, "%s:%zu: %s", replay->path, line + 1, what);
}

/* "a | b | ~" */
static uint32_t cells(sluice_text rest, sluice_text *out, size_t stride) {
    uint32_t count = 0;
    for (bool more = rest.len > 0; more && count < TRANSCRIPT_COLUMNS; count++) {
        const char *bar = memchr(rest.ptr, '|', rest.len);
        sluice_text cell = text_trim((sluice_text){rest.ptr, bar ? (uint64_t)(bar - rest.ptr) : rest.len});
        out[count * stride] = text_is(cell, "~") ? (sluice_text){NULL, 0} : cell;
        more = bar != NULL;
        if (bar)
            rest = (sluice_text){bar + 1, rest.len - (uint64_t)(bar + 1 - rest.ptr)};
    }
    return count;
}

/* ---- a reply -------------------------------------------------------------------------------- */

static const char *string(struct replay *replay, sluice_text text) {
    const char *out = arena_printf(&replay->arena, "%.*s", TEXT_ARG(text));
    return out ? out : "";
}

static void take_header(struct replay *replay, struct transcript_call *call, sluice_text line) {
    const char *colon = memchr(line.ptr, ':', line.len);
    sluice_text name = {line.ptr, colon ? (uint64_t)(colon - line.ptr) : line.len};
    sluice_text value = text_trim(
        (sluice_text){line.ptr + name.len + (colon != NULL), line.len - name.len - (colon != NULL)});
    if (text_same(name, TEXT("content-type")))
        call->content_type = string(replay, value);
    else if (text_same(name, TEXT("retry-after")))
        call->retry_after_ms = strtoll(string(replay, value), NULL, 10) * 1000;
    else if (text_same(name, TEXT("location")))
        call->redirect = string(replay, value);
}

static int take_body_line(struct replay *replay, struct transcript_call *call, sluice_text line,
                          sluice_error *error) {
    char *body = arena_array(&replay->arena, call->body.len + line.len + 1, 1);
    if (!body)
        return fail_memory(error);
    if (call->body.len)
        memcpy(body, call->body.ptr, call->body.len);
    bool joins = call->body.ptr != NULL;
    if (joins)
        body[call->body.len] = '\n';
    memcpy(body + call->body.len + joins, line.len ? line.ptr : "", line.len);
    call->body = (sluice_text){body, call->body.len + joins + line.len};
    return 0;
}

/* Beside the transcript. */
static int take_body_file(struct replay *replay, struct transcript_call *call, sluice_text name,
                          sluice_error *error) {
    const char *slash = strrchr(replay->path, '/');
    const char *path = arena_printf(&replay->arena, "%.*s%.*s", slash ? (int)(slash + 1 - replay->path) : 0,
                                    replay->path, TEXT_ARG(name));
    if (!path)
        return fail_memory(error);
    int failed = file_read(path, FILE_MOST, &replay->arena, &call->body, error);
    return failed ? fail_within(error, "%s", path) : 0;
}

static int take_reply(struct replay *replay, struct part *part, size_t line, sluice_text text,
                      sluice_error *error) {
    struct transcript_call *call = &part->call;
    if (!call->status) {
        call->status = (int)strtol(string(replay, text), NULL, 10);
        return call->status >= 100 && call->status <= 599
                   ? 0
                   : wrong(replay, line, error, "a reply begins with its HTTP status: `< 200`");
    }
    if (part->headed)
        return take_body_line(replay, call, text, error);
    part->headed = !text.len;
    if (!part->headed)
        take_header(replay, call, text);
    return 0;
}

/* ---- one part ------------------------------------------------------------------------------- */

static int take_rows(struct replay *replay, struct part *part, size_t line, sluice_text rest,
                     sluice_error *error) {
    struct transcript_call *call = &part->call;
    if (call->row_count == TRANSCRIPT_ROWS)
        return wrong(replay, line, error, "a call has 64 rows at most");
    if (cells(rest, &call->cells[0][call->row_count], TRANSCRIPT_ROWS) != call->column_count)
        return wrong(replay, line, error,
                     "a row has as many cells as there are `fields`, with | between them");
    call->row_count++;
    return 0;
}

static int take_line(struct replay *replay, struct part *part, size_t at, sluice_error *error) {
    sluice_text line = replay->lines[at], rest;
    if (is_comment(line) || is_marked(line, '>', &rest) || is_marked(line, '=', &rest))
        return 0;
    if (is_word(line, "component", &rest)) {
        transcript_close(&replay->component);
        replay->name = rest;
        replay->option_count = 0;
        return 0;
    }
    if (is_word(line, "option", &rest)) {
        if (replay->option_count == OPTIONS_MOST || replay->component.open)
            return wrong(replay, at, error, "options, at most 64, stand right behind their component");
        replay->options[replay->option_count++] = rest;
        return 0;
    }
    if (is_word(line, "call", &part->call.op) || is_word(line, "cookie", &part->call.cookie))
        return 0;
    if (is_word(line, "since", &rest)) {
        part->call.since_ms = instant_read(rest);
        return part->call.since_ms ? 0
                                   : wrong(replay, at, error, "`since` is a time as 2026-01-02T03:04:05Z");
    }
    if (is_word(line, "fields", &rest)) {
        part->call.column_count = cells(rest, part->call.names, 1);
        return 0;
    }
    if (is_word(line, "row", &rest))
        return take_rows(replay, part, at, rest, error);
    if (is_word(line, "<<", &rest))
        return take_body_file(replay, &part->call, rest, error);
    if (is_marked(line, '<', &rest))
        return take_reply(replay, part, at, rest, error);
    return wrong(replay, at, error, "no line of a transcript begins so; see docs/write-a-plugin.md");
}

/* Up to the next `call` or `component` behind this part's own call; comments in front of those are theirs. */
static size_t end_of(const struct replay *replay, size_t from) {
    sluice_text rest;
    bool called = false;
    size_t at = from;
    for (; at < replay->count; at++) {
        bool calls = is_word(replay->lines[at], "call", &rest);
        if (called && (calls || is_word(replay->lines[at], "component", &rest)))
            break;
        called |= calls;
    }
    while (at < replay->count && at > from && is_comment(replay->lines[at - 1]))
        at--;
    return at > from ? at : from + 1;
}

static void put_marked(FILE *out, char mark, const char *text, size_t length) {
    while (length) {
        const char *end = memchr(text, '\n', length);
        size_t line = end ? (size_t)(end - text) : length;
        fprintf(out, line ? "%c %.*s\n" : "%c\n", mark, (int)line, text);
        text += line + (end != NULL);
        length -= line + (end != NULL);
    }
}

struct spoken {
    char *text;
    size_t length;
};

/* The part as it should be: requests stand in front of replies, what they mean behind. */
static void write_part(const struct replay *replay, const struct part *part, const struct spoken *asked,
                       const struct spoken *said, FILE *out) {
    bool asked_stands = false;
    sluice_text rest;
    for (size_t at = part->from; at < part->to; at++) {
        sluice_text line = replay->lines[at];
        bool ours = is_marked(line, '>', &rest) || is_marked(line, '=', &rest);
        if (!asked_stands && (ours || is_marked(line, '<', &rest) || is_word(line, "<<", &rest))) {
            put_marked(out, '>', asked->text, asked->length);
            asked_stands = true;
        }
        if (!ours)
            fprintf(out, "%.*s\n", TEXT_ARG(line));
    }
    if (!asked_stands)
        put_marked(out, '>', asked->text, asked->length);
    put_marked(out, '=', said->text, said->length);
}

/* The lines that differ, without those that are the same in front and behind. */
static void tell_difference(const struct replay *replay, const struct part *part, const char *now,
                            size_t length) {
    size_t from = part->from, to = part->to;
    while (from < to && length > replay->lines[from].len && now[replay->lines[from].len] == '\n' &&
           memcmp(now, replay->lines[from].ptr, replay->lines[from].len) == 0) {
        now += replay->lines[from].len + 1;
        length -= replay->lines[from].len + 1;
        from++;
    }
    while (to > from && length > replay->lines[to - 1].len) {
        const sluice_text *line = &replay->lines[to - 1];
        const char *start = now + length - 1 - line->len;
        if (memcmp(start, line->ptr, line->len) != 0 || (start > now && start[-1] != '\n'))
            break;
        length -= line->len + 1;
        to--;
    }
    fprintf(replay->out, "%s:%zu: not as it stands there\n", replay->path, from + 1);
    for (; from < to; from++)
        fprintf(replay->out, "-%.*s\n", TEXT_ARG(replay->lines[from]));
    while (length) {
        size_t line = (size_t)((const char *)memchr(now, '\n', length) - now);
        fprintf(replay->out, "+%.*s\n", (int)line, now);
        now += line + 1;
        length -= line + 1;
    }
}

static bool is_as_it_stands(const struct replay *replay, const struct part *part, const char *now,
                            size_t length) {
    for (size_t at = part->from; at < part->to; at++) {
        const sluice_text *line = &replay->lines[at];
        if (length <= line->len || now[line->len] != '\n' || memcmp(now, line->ptr, line->len) != 0)
            return false;
        now += line->len + 1;
        length -= line->len + 1;
    }
    return !length;
}

static void check_cuts(struct replay *replay, const struct part *part) {
    if (!part->call.status || !transcript_is_paid(&replay->component, &part->call))
        return;
    size_t cut = transcript_find_cut(&replay->component, &part->call);
    if (!cut)
        return;
    replay->transcript->mistakes++;
    fprintf(replay->out,
            "%s:%zu: cut off after %zu of %zu bytes, this reply still says that nothing was charged; half a "
            "reply "
            "proves nothing, and the order would be paid twice\n",
            replay->path, part->from + 1, cut, (size_t)part->call.body.len);
}

static int make_part(struct replay *replay, struct part *part, struct spoken *asked, struct spoken *said,
                     sluice_error *error) {
    FILE *asks = open_memstream(&asked->text, &asked->length),
         *says = open_memstream(&said->text, &said->length);
    int failed = asks && says ? 0 : fail_memory(error);
    if (!failed)
        failed = transcript_make(&replay->component, &part->call, asks, says, error);
    if (asks)
        fclose(asks);
    if (says)
        fclose(says);
    return failed;
}

static int finish_part(struct replay *replay, struct part *part, sluice_error *error) {
    struct spoken asked = {0}, said = {0}, now = {0};
    int failed = 0;
    if (part->call.op.ptr && !replay->component.open)
        failed = transcript_open(&replay->component, replay->registry, replay->name, replay->options,
                                 replay->option_count, error);
    if (failed)
        return fail_within(error, "%s:%zu", replay->path, part->from + 1);
    if (part->call.op.ptr)
        failed = make_part(replay, part, &asked, &said, error);
    FILE *out = failed ? NULL : open_memstream(&now.text, &now.length);
    if (out) {
        write_part(replay, part, &asked, &said, out);
        fclose(out);
        if (!is_as_it_stands(replay, part, now.text, now.length)) {
            replay->transcript->same = false;
            tell_difference(replay, part, now.text, now.length);
        }
        fwrite(now.text, 1, now.length, replay->now);
        replay->transcript->calls += part->call.op.ptr != NULL;
        if (part->call.op.ptr)
            check_cuts(replay, part);
    }
    free(asked.text);
    free(said.text);
    free(now.text);
    return failed ? fail_within(error, "%s:%zu", replay->path, part->from + 1) : out ? 0 : fail_memory(error);
}

static int take_parts(struct replay *replay, sluice_error *error) {
    int failed = 0;
    for (size_t at = 0; !failed && at < replay->count;) {
        struct part *part = calloc(1, sizeof *part);
        if (!part)
            return fail_memory(error);
        part->from = at;
        part->to = at = end_of(replay, at);
        part->call.retry_after_ms = -1;
        for (size_t line = part->from; !failed && line < part->to; line++)
            failed = take_line(replay, part, line, error);
        if (!failed)
            failed = finish_part(replay, part, error);
        free(part);
    }
    return failed;
}

int transcript_replay(const char *path, struct registry *registry, FILE *out, struct transcript *transcript,
                      sluice_error *error) {
    struct replay replay = {.path = path, .registry = registry, .out = out, .transcript = transcript};
    sluice_text text;
    *transcript = (struct transcript){.same = true};
    replay.now = open_memstream(&transcript->text, &transcript->length);
    int failed = replay.now ? file_read(path, FILE_MOST, &replay.arena, &text, error) : fail_memory(error);
    if (failed && replay.now)
        fail_within(error, "%s", path);
    if (!failed)
        failed = split(&replay, text, error);
    if (!failed)
        failed = take_parts(&replay, error);
    transcript_close(&replay.component);
    if (replay.now)
        fclose(replay.now);
    arena_free(&replay.arena);
    return failed;
}
