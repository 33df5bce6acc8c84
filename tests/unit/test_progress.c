#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "progress.h"

static struct tally tally;
static struct progress progress;

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    tally_init(&tally);
    return 0;
}

static int end(void **state) {
    (void)state;
    tally_free(&tally);
    return 0;
}

static void numbers_have_their_commas(void **state) {
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {{0, "0"},          {999, "999"},
                 {1000, "1,000"},   {6000000, "6,000,000"},
                 {12345, "12,345"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    char out[32];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(progress_count(cases[i].value, out), cases[i].text);
}

/* As if it had begun so many seconds ago and never been shown. */
static void age(int64_t seconds) {
    progress.pace.samples[0].us = clock_us() - seconds * 1000000;
    progress.shown_us = 0;
}

static char *tick(void) {
    support_capture(2);
    progress_tick(&progress);
    return support_captured(2);
}

static void check_starts(char *got, const char *start, const char *end_part) {
    assert_int_equal(strncmp(got, start, strlen(start)), 0);
    assert_non_null(strstr(got, end_part));
    free(got);
}

/* 1000 in 100 s is 10 a second, or 9 when the test machine took its time. */
static void elsewhere_it_is_a_line_now_and_then(void **state) {
    (void)state;
    support_capture(2);
    progress_begin(&progress, "place", &tally, 6000, false, true);
    progress_tick(&progress); /* too early */
    char *got = support_captured(2);
    assert_string_equal(got, "");
    free(got);
    tally_add(&tally, TALLY_PASSED, 1000);
    age(100);
    check_starts(tick(), "sluice: info: place: 1,000/6,000, ", " min ");
    got = tick(); /* just shown */
    assert_string_equal(got, "");
    free(got);
    support_capture(2);
    progress_end(&progress);
    got = support_captured(2);
    assert_string_equal(got, "");
    free(got);
}

static void without_a_total_there_is_no_end_in_sight(void **state) {
    (void)state;
    progress_begin(&progress, "copy", &tally, 0, false, true);
    tally_add(&tally, TALLY_PASSED, 1000);
    age(10);
    char *got = tick();
    assert_null(strstr(got, "left"));
    assert_null(strstr(got, "1,000/"));
    assert_non_null(strstr(got, "copy: 1,000, "));
    free(got);
}

static void the_total_may_be_known_later(void **state) {
    (void)state;
    progress_begin(&progress, "copy", &tally, 0, false, true);
    tally_add(&tally, TALLY_PASSED, 10);
    atomic_store(&progress.total, 2000);
    age(20);
    char *got = tick();
    assert_non_null(strstr(got, "copy: 10/2,000, "));
    assert_non_null(strstr(got, "/min, 1 h 0"));
    free(got);
}

static void check_line(uint64_t done, int64_t seconds, const char *expected) {
    tally_free(&tally);
    tally_init(&tally);
    progress_begin(&progress, "place", &tally, 1000, false, true);
    tally_add(&tally, TALLY_PASSED, done);
    age(seconds);
    char *got = tick();
    if (!strstr(got, expected))
        fail_msg("'%s' isn't in '%s'", expected, got);
    free(got);
}

/* A provider takes 15 s for an order, and a person wants to know whether to wait. */
static void a_slow_provider_has_a_pace_and_an_end(void **state) {
    (void)state;
    check_line(0, 15, "place: 0/1,000, 0/s\n"); /* nothing is known yet */
    check_line(100, 1000, "place: 100/1,000, 5/min, 2 h 3");
    check_line(10, 14400, "place: 10/1,000, 2/h, 396 h 0");
    check_line(700, 360, "place: 700/1,000, 1.9/s, 2 min 3");
    check_line(1000, 3600, "place: 1,000/1,000, 16/min\n"); /* all done: no forecast */
}

/* 900 known orders are over at once; 100 are bought at one in two seconds. */
static void what_was_known_already_says_nothing_about_the_rest(void **state) {
    (void)state;
    progress_begin(&progress, "place", &tally, 1000, false, true);
    tally_add(&tally, TALLY_DUPLICATE, 900);
    int64_t now = clock_us();
    progress.pace.samples[0].us = now - 61000000;
    progress.pace.samples[1].us = now - 60000000;
    progress.pace.samples[1].done = 900;
    progress.pace.count = 2;
    progress.shown_us = 0;
    tally_add(&tally, TALLY_PASSED, 30);
    char *got = tick();
    assert_non_null(strstr(got, "place: 930/1,000, 29/min, 2 min 2")); /* 70 at one in two seconds */
    free(got);
}

static void a_run_that_spends_says_what(void **state) {
    (void)state;
    progress_begin(&progress, "place", &tally, 10000, true, true);
    tally_add(&tally, TALLY_PLACED, 2000);
    tally_add(&tally, TALLY_IN_DOUBT, 3);
    atomic_store(&tally.spent, 160000000);
    age(1);
    char *got = tick();
    assert_non_null(strstr(got, ", 2,000 placed, 160.00 spent, 3 in doubt\n"));
    free(got);
}

static void switched_off_it_is_silent(void **state) {
    (void)state;
    progress_begin(&progress, "place", &tally, 10, true, false);
    age(1000);
    char *got = tick();
    assert_string_equal(got, "");
    free(got);
}

/* ---- on a terminal ---------------------------------------------------------------------------- */

static int terminal, kept;

static void open_terminal(unsigned short columns) {
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
    int user = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_int_equal(ioctl(user, TIOCSWINSZ, &size), 0);
    kept = dup(2);
    dup2(user, 2);
    close(user);
}

static const char *close_terminal(void) {
    static char text[4000];
    size_t used = 0;
    dup2(kept, 2); /* nobody has the other end any more: what was written is followed by an end */
    close(kept);
    for (ssize_t n; (n = read(terminal, text + used, sizeof text - 1 - used)) > 0;)
        used += (size_t)n;
    text[used] = 0;
    close(terminal);
    return text;
}

static void on_a_terminal_the_line_renews_itself(void **state) {
    (void)state;
    open_terminal(100);
    progress_begin(&progress, "place", &tally, 100, false, true);
    tally_add(&tally, TALLY_PASSED, 40);
    age(1);
    progress_tick(&progress);
    log_line(SLUICE_LOG_WARN, NULL, "something happened");
    tally_add(&tally, TALLY_PASSED, 60);
    age(1);
    progress_tick(&progress);
    progress_end(&progress);
    log_line(SLUICE_LOG_INFO, NULL, "done");
    const char *text = close_terminal();
    const char *one = strstr(text, "\r\033[Kplace: 40/100, "),
               *two = strstr(text, "\r\033[Ksluice: warning: something");
    assert_non_null(one);
    assert_non_null(two);
    const char *three = strstr(two, "\r\033[Kplace: 100/100, "),
               *four = strstr(two, "\r\033[Ksluice: info: done");
    assert_non_null(three);
    assert_non_null(four);
    assert_true(one < two && three < four);
}

static void a_line_is_not_wider_than_the_terminal(void **state) {
    (void)state;
    open_terminal(20);
    progress_begin(&progress, "a pipeline with a long name", &tally, 100, false, true);
    age(1);
    progress_tick(&progress);
    progress_end(&progress);
    const char *text = close_terminal();
    assert_non_null(strstr(text, "\r\033[Ka pipeline with a l\r\033[K")); /* 19 of 20 columns */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(numbers_have_their_commas),
        TEST(elsewhere_it_is_a_line_now_and_then),
        TEST(without_a_total_there_is_no_end_in_sight),
        TEST(the_total_may_be_known_later),
        TEST(a_slow_provider_has_a_pace_and_an_end),
        TEST(what_was_known_already_says_nothing_about_the_rest),
        TEST(a_run_that_spends_says_what),
        TEST(switched_off_it_is_silent),
        TEST(on_a_terminal_the_line_renews_itself),
        TEST(a_line_is_not_wider_than_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
