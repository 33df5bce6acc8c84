#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "log_out.h"

static const char erasing[] = "\r\033[K";

static void erase_line(void) {
    log_out(erasing, sizeof erasing - 1);
}

char *progress_count(uint64_t value, char out[32]) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value), used = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = 0;
    return out;
}

void progress_begin(struct progress *progress, const char *name, const struct tally *tally, uint64_t total,
                    bool spends, bool enabled) {
    *progress = (struct progress){.name = name, .tally = tally, .spends = spends, .enabled = enabled};
    atomic_init(&progress->total, total);
    progress->shown_us = clock_us();
    pace_note(&progress->pace, progress->shown_us, tally_done(tally));
    progress->terminal = enabled && isatty(STDERR_FILENO);
    if (progress->terminal)
        log_set_eraser(erase_line);
}

/* "1,250/s", "2.5/s", "12/min", "3/h": a slow provider's pace is no 0. */
static void write_pace(struct pace_span span, char *out, size_t room) {
    char number[32];
    uint64_t tenths = pace_in(span, 10000000), a_minute = pace_in(span, 60000000);
    if (tenths >= 100 || !span.done)
        snprintf(out, room, "%s/s", progress_count(tenths / 10, number));
    else if (tenths >= 10)
        snprintf(out, room, "%" PRIu64 ".%" PRIu64 "/s", tenths / 10, tenths % 10);
    else if (a_minute)
        snprintf(out, room, "%" PRIu64 "/min", a_minute);
    else
        snprintf(out, room, "%" PRIu64 "/h", pace_in(span, UINT64_C(3600000000)));
}

static void write_eta(char *out, size_t room, int64_t seconds) {
    out[0] = 0;
    if (seconds <= 0)
        return;
    if (seconds >= 3600)
        snprintf(out, room, ", %" PRId64 " h %02" PRId64 " min left", seconds / 3600, seconds / 60 % 60);
    else if (seconds >= 60)
        snprintf(out, room, ", %" PRId64 " min %02" PRId64 " s left", seconds / 60, seconds % 60);
    else
        snprintf(out, room, ", %" PRId64 " s left", seconds);
}

static void write_money(const struct progress *progress, char *out, size_t room) {
    char amount[MONEY_TEXT], placed[32], doubt[48] = "", number[32];
    uint64_t in_doubt = tally_get(progress->tally, TALLY_IN_DOUBT);
    out[0] = 0;
    if (!progress->spends)
        return;
    if (in_doubt)
        snprintf(doubt, sizeof doubt, ", %s in doubt", progress_count(in_doubt, number));
    snprintf(out, room, ", %s placed, %s spent%s",
             progress_count(tally_get(progress->tally, TALLY_PLACED), placed),
             money_format(atomic_load(&((struct tally *)progress->tally)->spent), amount), doubt);
}

static int write_line(const struct progress *progress, int64_t now_us, char *out, size_t room) {
    char done_text[32], total_text[40] = "", number[32], pace[48], eta[64], spent[160];
    uint64_t done = tally_done(progress->tally), total = atomic_load(&progress->total);
    struct pace_span span = pace_of_late(&progress->pace, now_us, done);
    if (total)
        snprintf(total_text, sizeof total_text, "/%s", progress_count(total, number));
    write_pace(span, pace, sizeof pace);
    write_eta(eta, sizeof eta, total > done ? pace_seconds(span, total - done) : 0);
    write_money(progress, spent, sizeof spent);
    return snprintf(out, room, "%s: %s%s, %s%s%s", progress->name, progress_count(done, done_text),
                    total_text, pace, eta, spent);
}

static int columns(void) {
    struct winsize size = {0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_tick(struct progress *progress) {
    char line[512], bytes[600];
    int64_t now = clock_us();
    int64_t every = progress->terminal ? PROGRESS_TERMINAL_MS : PROGRESS_LOG_MS;
    pace_note(&progress->pace, now, tally_done(progress->tally));
    if (!progress->enabled || now - progress->shown_us < every * 1000)
        return;
    progress->shown_us = now;
    write_line(progress, now, line, sizeof line);
    if (progress->terminal) {
        /* A line that the terminal wraps can't be renewed; the last column wraps on some. */
        int n = snprintf(bytes, sizeof bytes, "\r\033[K%.*s", columns() - 1, line);
        log_write(bytes, (uint64_t)n);
    } else {
        log_line(SLUICE_LOG_INFO, NULL, "%s", line);
    }
}

void progress_end(struct progress *progress) {
    if (!progress->terminal)
        return;
    log_set_eraser(NULL);
    log_write(erasing, sizeof erasing - 1);
}
