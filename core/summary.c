#include "summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "log.h"
#include "progress.h"
#include "run_stores.h"

static uint64_t get(const struct summary *summary, enum tally_kind kind) {
    return tally_get(&summary->run->tally, kind);
}

static void add_part(char *out, size_t room, uint64_t count, const char *what) {
    char number[32];
    size_t used = strlen(out);
    if (count)
        snprintf(out + used, room - used, ", %s %s", progress_count(count, number), what);
}

static void add_repeats(char *out, size_t room, const struct tally *tally) {
    char number[32];
    uint64_t repeats = atomic_load(&((struct tally *)tally)->repeats);
    size_t used = strlen(out);
    if (repeats)
        snprintf(out + used, room - used, " (of which %s repeats)", progress_count(repeats, number));
}

static void print_sums(const struct summary *summary) {
    char text[512] = "", found[512], number[32], spent[MONEY_TEXT];
    const struct tally *tally = &summary->run->tally;
    add_part(text, sizeof text, get(summary, TALLY_PASSED), "passed on");
    if (summary->spends) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, ", %s placed for %s%s%s",
                 progress_count(get(summary, TALLY_PLACED), number),
                 money_format(atomic_load(&((struct tally *)tally)->spent), spent),
                 *summary->currency ? " " : "", summary->currency);
    }
    add_repeats(text, sizeof text, tally);
    add_part(text, sizeof text, get(summary, TALLY_DUPLICATE), "duplicate");
    add_part(text, sizeof text, get(summary, TALLY_REJECTED), "rejected");
    add_part(text, sizeof text, get(summary, TALLY_IN_DOUBT), "in doubt");
    add_part(text, sizeof text, get(summary, TALLY_FAILED), "failed");
    add_part(text, sizeof text, get(summary, TALLY_SKIPPED), "skipped");
    checked_text(&summary->run->checked, found, sizeof found);
    log_line(SLUICE_LOG_INFO, summary->run->pipeline->name, "%s read%s%s%s; %" PRId64 ".%03" PRId64 " s",
             progress_count(atomic_load(&((struct tally *)tally)->read), number), text, *found ? "; " : "",
             found, summary->elapsed_us / 1000000, summary->elapsed_us / 1000 % 1000);
}

static void print_lost(const struct summary *summary, const struct outlet *outlet) {
    uint64_t lost = atomic_load(&((struct outlet *)outlet)->lost);
    const char *later = lost == 1
                            ? "; it waits in the ledger, and the next run of this pipeline delivers it"
                            : "; they wait in the ledger, and the next run of this pipeline delivers them";
    if (lost)
        log_line(SLUICE_LOG_WARN, outlet->component->place, "%" PRIu64 " record%s not delivered%s", lost,
                 lost == 1 ? "" : "s", summary->spends ? later : "");
}

void summary_print(const struct summary *summary) {
    struct run *run = summary->run;
    char rows[512];
    print_sums(summary);
    if (!atomic_load(&run->tally.read) && !summary->exit_code)
        log_line(SLUICE_LOG_WARN, run->pipeline->source.place, "there were no records");
    if (get(summary, TALLY_SKIPPED)) {
        tally_skipped_text(&run->tally, rows, sizeof rows);
        if (*rows) /* else they were passed over, which was said or is meant */
            log_line(SLUICE_LOG_WARN, run->pipeline->name, "not attempted: rows %s", rows);
    }
    if (get(summary, TALLY_IN_DOUBT))
        log_line(SLUICE_LOG_WARN, run->pipeline->name,
                 "orders in doubt may have been charged; they aren't sent again: see 'sluice ledger list "
                 "--state in_doubt'");
    for (size_t i = 0; i < run->outlet_count; i++)
        print_lost(summary, &run->outlets[i]);
    if (summary->rejects_path)
        log_line(SLUICE_LOG_INFO, run->pipeline->name, "rejected records are in %s", summary->rejects_path);
}

void summary_print_json(const struct summary *summary) {
    struct json json = {0};
    char spent[MONEY_TEXT], rows[4096];
    struct tally *tally = &summary->run->tally;
    json_open(&json, '{');
    json_key(&json, "type");
    json_string(&json, "summary");
    json_key(&json, "pipeline");
    json_string(&json, summary->run->pipeline->name);
    json_key(&json, "read");
    json_number(&json, (int64_t)atomic_load(&tally->read));
    for (int kind = 0; kind < TALLY_KINDS; kind++) {
        json_key(&json, tally_name((enum tally_kind)kind));
        json_number(&json, (int64_t)get(summary, (enum tally_kind)kind));
    }
    checked_json(&summary->run->checked, &json);
    tally_skipped_text(tally, rows, sizeof rows);
    if (*rows) {
        json_key(&json, "not_attempted");
        json_string(&json, rows);
    }
    json_key(&json, "repeats"); /* among the placed ones */
    json_number(&json, (int64_t)atomic_load(&tally->repeats));
    json_key(&json, "settled");
    json_number(&json, (int64_t)atomic_load(&tally->settled));
    json_key(&json, "not_stored");
    json_number(&json, (int64_t)summary->unstored);
    json_key(&json, "spent");
    json_string(&json, money_format(atomic_load(&tally->spent), spent));
    if (*summary->currency) {
        json_key(&json, "currency");
        json_string(&json, summary->currency);
    }
    run_stores_json(summary->run, &json);
    if (summary->rejects_path) {
        json_key(&json, "rejects");
        json_string(&json, summary->rejects_path);
    }
    json_key(&json, "elapsed_ms");
    json_number(&json, summary->elapsed_us / 1000);
    json_key(&json, "exit");
    json_number(&json, summary->exit_code);
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
}
