#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

static void erase_line(void) {
    static const char bytes[] = "\r\033[K";
    if (write(STDERR_FILENO, bytes, sizeof bytes - 1) < 0)
        return; /* a terminal that is gone needs no cleaning */
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
    progress->started_us = progress->shown_us = clock_us();
    progress->terminal = enabled && isatty(STDERR_FILENO);
    if (progress->terminal)
        log_set_eraser(erase_line);
}

static void write_eta(char *out, size_t room, uint64_t left, uint64_t rate) {
    uint64_t seconds = rate ? (left + rate - 1) / rate : 0;
    out[0] = 0;
    if (!rate || !left)
        return;
    if (seconds >= 3600)
        snprintf(out, room, ", %" PRIu64 " h %02" PRIu64 " min left", seconds / 3600, seconds / 60 % 60);
    else if (seconds >= 60)
        snprintf(out, room, ", %" PRIu64 " min %02" PRIu64 " s left", seconds / 60, seconds % 60);
    else
        snprintf(out, room, ", %" PRIu64 " s left", seconds);
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

static int write_line(const struct progress *progress, char *out, size_t room) {
    char done_text[32], total_text[40] = "", number[32], rate_text[32], eta[48], spent[160];
    uint64_t done = tally_done(progress->tally), total = atomic_load(&progress->total);
    int64_t elapsed = clock_us() - progress->started_us;
    uint64_t rate = elapsed > 0 ? done * 1000000 / (uint64_t)elapsed : 0;
    if (total)
        snprintf(total_text, sizeof total_text, "/%s", progress_count(total, number));
    write_eta(eta, sizeof eta, total > done ? total - done : 0, rate);
    write_money(progress, spent, sizeof spent);
    return snprintf(out, room, "%s: %s%s, %s/s%s%s", progress->name, progress_count(done, done_text),
                    total_text, progress_count(rate, rate_text), eta, spent);
}

static int columns(void) {
    struct winsize size = {0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_tick(struct progress *progress) {
    char line[512], bytes[600];
    int64_t now = clock_us();
    int64_t every = progress->terminal ? PROGRESS_TERMINAL_MS : PROGRESS_LOG_MS;
    if (!progress->enabled || now - progress->shown_us < every * 1000)
        return;
    progress->shown_us = now;
    write_line(progress, line, sizeof line);
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
    erase_line();
}
