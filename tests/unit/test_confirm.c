#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "confirm.h"
#include "log.h"
#include "text.h"

static const struct service check = {.id = {"1739", 4}, .title = {"A check", 7}, .price = 80000};
static const struct service other = {.id = {"1740", 4}, .title = {"Another", 7}, .price = 500000};
static struct service_estimate services[2];
static struct estimate estimate;
static struct balance balance;
static struct confirm confirm;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    services[0] =
        (struct service_estimate){.service = &check, .orders = 6000, .price = 80000, .cost = 480000000};
    services[1] = (struct service_estimate){.service = &other, .orders = 2, .price = 500000, .cost = 1000000};
    estimate = (struct estimate){
        .read = 6000, .orders = 6000, .cost = 480000000, .services = services, .service_count = 1};
    balance = (struct balance){.known = true, .amount = 512300000, .currency = "USD"};
    confirm = (struct confirm){.estimate = &estimate,
                               .balance = &balance,
                               .account = TEXT("tester@provider"),
                               .currency = "USD",
                               .name = "place"};
    error = (sluice_error)ERROR_INIT;
    return 0;
}

/* What is said on stderr, which is no terminal. */
static void check_said(int expected, const char *text) {
    support_capture(2);
    int result = confirm_spending(&confirm, &error);
    char *got = support_captured(2);
    assert_string_equal(got, text);
    free(got);
    assert_int_equal(result, expected);
}

static void with_yes_it_is_said_and_done(void **state) {
    (void)state;
    confirm.yes = true;
    check_said(0, "sluice: info: place: placing 6,000 orders at 0.08 = 480.00 USD on tester@provider. "
                  "Balance 512.30 USD\n");
    estimate.orders = 1;
    estimate.cost = 80000;
    confirm.currency = "";
    balance.known = false;
    check_said(0, "sluice: info: place: placing 1 order at 0.08 = 0.08 on tester@provider\n");
}

static void what_is_not_ordered_is_said_too(void **state) {
    (void)state;
    confirm.yes = true;
    confirm.currency = "";
    balance.known = false;
    estimate.read = 7000;
    estimate.duplicate = 900;
    estimate.rejected = 90;
    estimate.in_doubt = 10;
    check_said(0, "sluice: info: place: 7,000 rows read: 900 duplicate, 90 rejected, 10 in doubt\n"
                  "sluice: info: place: placing 6,000 orders at 0.08 = 480.00 on tester@provider\n");
}

static void several_services_are_listed(void **state) {
    (void)state;
    confirm.yes = true;
    confirm.currency = "";
    balance.known = false;
    estimate.service_count = 2;
    estimate.orders = 6002;
    estimate.cost = 481000000;
    check_said(0, "sluice: info: place: 6,000 rows read: 0 duplicate, 0 rejected, 0 in doubt\n"
                  "sluice: info: place: service 1739 (A check): 6,000 at 0.08 = 480.00\n"
                  "sluice: info: place: service 1740 (Another): 2 at 0.50 = 1.00\n"
                  "sluice: info: place: placing 6,002 orders = 481.00 on tester@provider\n");
}

static void more_than_can_be_told_apart_is_at_most(void **state) {
    (void)state;
    confirm.yes = true;
    estimate.at_most = true;
    support_capture(2);
    assert_int_equal(confirm_spending(&confirm, &error), 0);
    char *got = support_captured(2);
    assert_non_null(strstr(got, "placing at most 6,000 orders"));
    free(got);
}

static void what_would_stop_the_run_is_said(void **state) {
    (void)state;
    confirm.yes = true;
    confirm.currency = "";
    balance.known = false;
    estimate.stopped_by = "max_run";
    estimate.stopped_row = 627;
    estimate.placed = 625;
    estimate.spent = 50000000;
    check_said(0,
               "sluice: warning: place: spend.max_run stops the run at 50.00, after 625 orders, at row 627\n"
               "sluice: info: place: placing 6,000 orders at 0.08 = 480.00 on tester@provider\n");
    estimate.stopped_by = "balance";
    check_said(0, "sluice: warning: place: the balance stops the run at 50.00, after 625 orders, at row 627\n"
                  "sluice: info: place: placing 6,000 orders at 0.08 = 480.00 on tester@provider\n");
}

static void repeats_are_named(void **state) {
    (void)state;
    confirm.yes = true;
    confirm.currency = "";
    balance.known = false;
    estimate.repeats = 1200;
    check_said(0, "sluice: info: place: placing 6,000 orders (of which 1,200 repeats) at 0.08 = 480.00 on "
                  "tester@provider\n");
    estimate.repeats = 1;
    check_said(0, "sluice: info: place: placing 6,000 orders (of which 1 repeat) at 0.08 = 480.00 on "
                  "tester@provider\n");
}

/* One whose orders are all known isn't listed. */
static void only_services_that_are_ordered_count(void **state) {
    (void)state;
    confirm.yes = true;
    confirm.currency = "";
    balance.known = false;
    estimate.service_count = 2;
    services[0].orders = 0;
    estimate.orders = 2;
    estimate.cost = 1000000;
    check_said(0, "sluice: info: place: placing 2 orders at 0.50 = 1.00 on tester@provider\n");
}

static void nothing_to_order_needs_no_answer(void **state) {
    (void)state;
    estimate.orders = 0;
    check_said(0, "sluice: info: place: nothing new to order\n");
}

static void without_a_terminal_yes_is_needed(void **state) {
    (void)state;
    check_said(SLUICE_E_USAGE, "");
    assert_non_null(
        strstr(error.text, "this would place 6,000 orders at 0.08 = 480.00 USD on tester@provider"));
    assert_non_null(strstr(error.text, "--yes"));
}

/* ---- on a terminal ---------------------------------------------------------------------------- */

/* Ask with a terminal as stdin and stderr, on which `typed` was typed; the answer, and the question. */
static int ask(const char *typed, char *question, size_t room) {
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), kept[2] = {dup(0), dup(2)};
    assert_true(terminal >= 0);
    assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
    int user = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(user >= 0);
    struct termios settings;
    tcgetattr(user, &settings);
    settings.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(user, TCSANOW, &settings);
    assert_int_equal(write(terminal, typed, strlen(typed)), (ssize_t)strlen(typed));
    dup2(user, 0);
    dup2(user, 2);
    clearerr(stdin);
    int result = confirm_spending(&confirm, &error);
    dup2(kept[0], 0);
    dup2(kept[1], 2);
    close(kept[0]);
    close(kept[1]);
    close(user);
    size_t used = 0;
    for (ssize_t n; (n = read(terminal, question + used, room - 1 - used)) > 0;)
        used += (size_t)n;
    question[used] = 0;
    close(terminal);
    return result;
}

static void only_yes_is_yes(void **state) {
    static const struct {
        const char *typed;
        int result;
    } cases[] = {{"y\n", 0},  {"Y\n", 0},  {"yes\n", 0},  {"\n", 1},  {"n\n", 1},
                 {"no\n", 1}, {"yn\n", 1}, {"yes!\n", 1}, {"\x04", 1} /* the end of the input */};
    char question[1000];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ask(cases[i].typed, question, sizeof question), cases[i].result);
        assert_string_equal(
            question,
            "Place 6,000 orders at 0.08 = 480.00 USD on tester@provider. Balance 512.30 USD. [y/N] ");
    }
}

static void the_providers_words_do_not_move_the_cursor(void **state) {
    char question[1000];
    (void)state;
    confirm.currency = "\033[2JUSD\xc2\x9b";
    assert_int_equal(ask("n\n", question, sizeof question), 1);
    assert_null(strchr(question, '\033'));
    assert_null(strchr(question, '\x9b'));
    assert_non_null(strstr(question, "480.00  [2JUSD"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(with_yes_it_is_said_and_done, begin),
        cmocka_unit_test_setup(what_is_not_ordered_is_said_too, begin),
        cmocka_unit_test_setup(several_services_are_listed, begin),
        cmocka_unit_test_setup(more_than_can_be_told_apart_is_at_most, begin),
        cmocka_unit_test_setup(what_would_stop_the_run_is_said, begin),
        cmocka_unit_test_setup(repeats_are_named, begin),
        cmocka_unit_test_setup(only_services_that_are_ordered_count, begin),
        cmocka_unit_test_setup(nothing_to_order_needs_no_answer, begin),
        cmocka_unit_test_setup(without_a_terminal_yes_is_needed, begin),
        cmocka_unit_test_setup(only_yes_is_yes, begin),
        cmocka_unit_test_setup(the_providers_words_do_not_move_the_cursor, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
