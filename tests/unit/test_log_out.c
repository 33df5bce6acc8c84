#include "support.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"
#include "log_out.h"
#include "text.h"

enum { LINE = 100, MOST = 100000 };

/* stderr's other end. The test's own messages go to the old one. */
static int reading, kept;

static void turn_stderr_to(int writing, int other) {
    kept = dup(2);
    reading = other;
    assert_int_equal(dup2(writing, 2), 2);
    close(writing);
}

static void turn_stderr_back(void) {
    assert_int_equal(dup2(kept, 2), 2);
    close(kept);
    close(reading);
}

static void log_some(unsigned number) {
    log_line(SLUICE_LOG_INFO, NULL, "line %u %0*d", number, LINE, 0);
}

static char text[1 << 23];
static size_t used;

static void read_some(void) {
    ssize_t n = read(reading, text + used, sizeof text - used - 1);
    used += n > 0 ? (size_t)n : 0;
    text[used] = 0;
}

static unsigned count_lines(unsigned *missing) {
    unsigned number, seen = 0;
    char end[LINE + 1], *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest))
        if (sscanf(line, "sluice: info: line %u %100[0]", &number, end) == 2 && strlen(end) == LINE)
            seen++;
        else if (strncmp(line, "sluice: warning: ", 17) == 0)
            *missing = (unsigned)strtoul(line + 17, NULL, 10);
    return seen;
}

/* Lines that nobody reads; then somebody does. */
static void lines_are_left_out_and_counted(void) {
    unsigned logged = 0, missing = 0;
    char last[40];
    used = 0;
    fcntl(reading, F_SETFL, fcntl(reading, F_GETFL) | O_NONBLOCK);
    while (log_out_ready() && logged < MOST)
        log_some(logged++);
    assert_true(logged < MOST);
    for (int i = 0; i < 50; i++) /* none of these waits */
        log_some(logged++);
    while (!log_out_ready())
        read_some();
    snprintf(last, sizeof last, "line %u 0", logged);
    log_some(logged++);
    while (!strstr(text, last))
        read_some();
    unsigned seen = count_lines(&missing);
    /* one that lacked only its end is counted, and whole with the one that came later */
    assert_in_range(seen + missing, logged, logged + 1);
    assert_true(missing >= 50);
}

static void a_pipe_that_nobody_reads_holds_nobody_up(void **state) {
    int ends[2];
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    assert_int_equal(pipe(ends), 0);
    turn_stderr_to(ends[1], ends[0]);
    lines_are_left_out_and_counted();
    turn_stderr_back();
}

static void a_socket_that_nobody_reads_holds_nobody_up(void **state) {
    int ends[2];
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    turn_stderr_to(ends[1], ends[0]);
    lines_are_left_out_and_counted();
    turn_stderr_back();
}

static void a_terminal_that_nobody_reads_holds_nobody_up(void **state) {
    int writing, other;
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    if (openpty(&other, &writing, NULL, NULL, NULL))
        skip();
    turn_stderr_to(writing, other);
    lines_are_left_out_and_counted();
    turn_stderr_back();
}

static void a_pipe_without_a_reader_is_no_trouble(void **state) {
    int ends[2], devnull = open("/dev/null", O_RDONLY);
    (void)state;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    turn_stderr_to(ends[1], devnull);
    bool written = log_out("x\n", 2);
    turn_stderr_back();
    assert_true(written);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_that_nobody_reads_holds_nobody_up),
        cmocka_unit_test(a_socket_that_nobody_reads_holds_nobody_up),
        cmocka_unit_test(a_terminal_that_nobody_reads_holds_nobody_up),
        cmocka_unit_test(a_pipe_without_a_reader_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
