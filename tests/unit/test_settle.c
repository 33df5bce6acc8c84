#include "settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

enum { HOUR = 3600 * 1000, MINUTE = 60 * 1000, SECOND = 1000 };

static const int64_t sent = INT64_C(1795000000000);
static const struct settle_rules rules = {60 * SECOND, 10 * MINUTE};

static struct settle_doubt doubt(void) {
    return (struct settle_doubt){.service = TEXT("1739"),
                                 .identifier = TEXT("001001001234563"),
                                 .reference = TEXT("key-1"),
                                 .sent_ms = sent};
}

static struct settle_listed listed(const char *order_id, int64_t created_ms) {
    return (struct settle_listed){.order_id = text_of(order_id),
                                  .identifier = TEXT("001001001234563"),
                                  .service = TEXT("1739"),
                                  .created_ms = created_ms};
}

/* Complete, with something an hour older, taken so long after the order was sent. */
static struct settle_list whole(const struct settle_listed *orders, size_t count, int64_t after_ms) {
    return (struct settle_list){.orders = orders,
                                .count = count,
                                .complete = true,
                                .oldest_ms = sent - HOUR,
                                .taken_ms = sent + after_ms};
}

static struct settlement decide(const struct settle_doubt *about, const struct settle_list *list) {
    struct settlement out;
    settle_decide(about, list, &rules, &out);
    assert_true(*out.text);
    return out;
}

static void stays(const struct settle_doubt *about, const struct settle_list *list, const char *reason) {
    struct settlement out = decide(about, list);
    assert_int_equal(out.kind, SETTLE_STAYS);
    if (!strstr(out.text, reason))
        fail_msg("'%s' isn't in: %s", reason, out.text);
}

/* ---- placed ------------------------------------------------------------------------------- */

static void test_listed_order_is_ours(void **state) {
    struct settle_listed orders[] = {listed("7001", sent + 2 * SECOND)};
    struct settle_doubt about = doubt();
    struct settle_list list = {.orders = orders, .count = 1, .taken_ms = sent + MINUTE};
    struct settlement out = decide(&about, &list);
    (void)state;
    assert_int_equal(out.kind, SETTLE_PLACED);
    assert_ptr_equal(out.order, &orders[0]);
    assert_int_equal(out.others, 0);
    assert_non_null(strstr(out.text, "order 7001"));
}

static void test_time_is_no_evidence_without_a_clock(void **state) {
    struct settle_listed orders[] = {listed("7001", 0)};
    struct settle_doubt about = doubt();
    struct settle_list list = {.orders = orders, .count = 1};
    (void)state;
    assert_int_equal(decide(&about, &list).kind, SETTLE_PLACED);
    about.duplicate = true;
    stays(&about, &list, "may be ours or an older one");
}

static void test_as_old_as_a_clock_can_be_off(void **state) {
    struct settle_listed orders[] = {listed("7001", sent - SETTLE_SKEW_MS)};
    struct settle_doubt about = doubt();
    struct settle_list list = whole(orders, 1, HOUR);
    (void)state;
    assert_int_equal(decide(&about, &list).kind, SETTLE_PLACED);
    orders[0].created_ms--;
    stays(&about, &list, "7001 for it, but that is older");
}

static void test_oldest_of_several_is_ours(void **state) {
    struct settle_listed orders[] = {listed("7003", sent + 3 * SECOND), listed("7002", sent + SECOND),
                                     listed("7004", sent + SECOND), listed("6000", sent - HOUR)};
    struct settle_doubt about = doubt();
    struct settle_list list = {.orders = orders, .count = 4};
    struct settlement out = decide(&about, &list);
    (void)state;
    assert_int_equal(out.kind, SETTLE_PLACED);
    assert_ptr_equal(out.order, &orders[1]);
    assert_int_equal(out.others, 2);
    assert_true(settle_matches(&about, &orders[0]));
    assert_false(settle_matches(&about, &orders[3]));
}

static void test_without_times_the_lowest_number_is_the_oldest(void **state) {
    struct settle_listed orders[] = {listed("10000", 0), listed("9999", 0)};
    struct settle_doubt about = doubt();
    struct settle_list list = {.orders = orders, .count = 2};
    (void)state;
    assert_ptr_equal(decide(&about, &list).order, &orders[1]);
}

static void test_our_reference_is_proof(void **state) {
    struct settle_listed orders[] = {listed("7001", sent + SECOND), listed("7002", sent - HOUR)};
    struct settle_doubt about = doubt();
    struct settle_list list = {.orders = orders, .count = 2};
    (void)state;
    about.duplicate = true;
    orders[0].reference = TEXT("key-2");
    orders[1].reference = TEXT("key-1");
    orders[1].service = orders[1].identifier = (sluice_text){NULL, 0};
    struct settlement out = decide(&about, &list);
    assert_int_equal(out.kind, SETTLE_PLACED);
    assert_ptr_equal(out.order, &orders[1]);
    assert_int_equal(out.others, 0);
}

static void test_others_reference_is_anothers(void **state) {
    struct settle_listed orders[] = {listed("7001", sent + SECOND)};
    struct settle_doubt about = doubt();
    struct settle_list list = {.orders = orders, .count = 1};
    (void)state;
    orders[0].reference = TEXT("key-2");
    stays(&about, &list, "isn't in the provider's list of recent orders");
    about.reference = (sluice_text){NULL, 0};
    assert_int_equal(decide(&about, &list).kind, SETTLE_PLACED);
}

/* ---- no match ------------------------------------------------------------------------------ */

static void test_another_service_or_identifier(void **state) {
    struct settle_listed orders[] = {listed("7001", sent + SECOND), listed("7002", sent + SECOND)};
    struct settle_doubt about = doubt();
    struct settle_list list = {.orders = orders, .count = 2};
    (void)state;
    orders[0].service = TEXT("1740");
    orders[1].identifier = TEXT("004400000000016");
    stays(&about, &list, "isn't in the provider's list of recent orders");
}

static void test_title_of_no_single_service(void **state) {
    struct settle_listed orders[] = {listed("7001", sent + SECOND)};
    struct settle_doubt about = doubt();
    struct settle_list list = whole(orders, 1, HOUR);
    (void)state;
    orders[0].service = (sluice_text){NULL, 0};
    about.missed_ms = sent + 30 * MINUTE;
    stays(&about, &list, "under a title that isn't that of exactly one service");
    about.duplicate = true;
    stays(&about, &list, "under a title that isn't that of exactly one service");
}

/* ---- exists -------------------------------------------------------------------------------- */

static void test_duplicate_with_an_older_order(void **state) {
    struct settle_listed orders[] = {listed("6000", sent - 2 * HOUR), listed("6001", sent - HOUR)};
    struct settle_doubt about = doubt();
    struct settle_list list = whole(orders, 2, MINUTE);
    (void)state;
    about.duplicate = true;
    struct settlement out = decide(&about, &list);
    assert_int_equal(out.kind, SETTLE_EXISTS);
    assert_ptr_equal(out.order, &orders[1]);
    list.complete = false;
    stays(&about, &list, "may have been bought a second time");
}

static void test_duplicate_that_is_older_than_the_list(void **state) {
    struct settle_doubt about = doubt();
    struct settle_list list = whole(NULL, 0, MINUTE);
    (void)state;
    about.duplicate = true;
    struct settlement out = decide(&about, &list);
    assert_int_equal(out.kind, SETTLE_EXISTS);
    assert_null(out.order);
    list.oldest_ms = sent - SETTLE_SKEW_MS;
    stays(&about, &list, "doesn't reach back");
    list.oldest_ms = 0;
    stays(&about, &list, "how far back that reaches can't be told");
    list.complete = false;
    stays(&about, &list, "nothing says that the list is complete");
}

static void test_duplicate_that_we_paid_for(void **state) {
    struct settle_listed orders[] = {listed("6000", sent - HOUR), listed("7001", sent + SECOND)};
    struct settle_doubt about = doubt();
    struct settle_list list = whole(orders, 2, MINUTE);
    (void)state;
    about.duplicate = true;
    struct settlement out = decide(&about, &list);
    assert_int_equal(out.kind, SETTLE_PLACED);
    assert_ptr_equal(out.order, &orders[1]);
}

/* ---- absent -------------------------------------------------------------------------------- */

static void test_absent_after_two_whole_lists(void **state) {
    struct settle_doubt about = doubt();
    struct settle_list list = whole(NULL, 0, 11 * MINUTE);
    (void)state;
    about.missed_ms = list.taken_ms - SETTLE_APART_MS;
    assert_int_equal(decide(&about, &list).kind, SETTLE_ABSENT);
}

/* Each of the conditions alone keeps it in doubt. */
static void test_absent_is_strict(void **state) {
    struct settle_listed older[] = {listed("6000", sent - HOUR)};
    struct settle_doubt about = doubt();
    struct settle_list good = whole(NULL, 0, 11 * MINUTE), list = good;
    (void)state;
    about.missed_ms = good.taken_ms - SETTLE_APART_MS;

    list.complete = false;
    stays(&about, &list, "nothing says that the list is complete");
    list = good;
    list.oldest_ms = 0;
    stays(&about, &list, "the provider's clock isn't known");
    list = good;
    list.oldest_ms = sent - SETTLE_SKEW_MS;
    stays(&about, &list, "doesn't reach back");
    list = good;
    list.taken_ms--;
    stays(&about, &list, "may still appear there until");
    list = good;
    list.orders = older;
    list.count = 1;
    stays(&about, &list, "older than what was sent");
    about.missed_ms++;
    stays(&about, &good, "a second list");
    about.missed_ms = 0;
    stays(&about, &good, "a second list");
}

/* What is listed so that it may be ours isn't absent: a wrong `absent` is paid twice. */
static void test_absent_although_miswritten(void **state) {
    static const char *const ours[] = {"1001001234563", "00100100123456", "0010010012345630",
                                       "00100100*******", "0010010012345XX"};
    static const char *const others[] = {"004400000000016", "1001001234564", "0010010012345641",
                                         "00440000*******", "001001",        ""};
    struct settle_listed orders[] = {listed("7001", sent + SECOND)};
    struct settle_doubt about = doubt();
    struct settle_list list = whole(orders, 1, 11 * MINUTE);
    (void)state;
    about.missed_ms = list.taken_ms - SETTLE_APART_MS;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        orders[0].identifier = text_of(ours[i]);
        stays(&about, &list, "it may be this one");
    }
    orders[0].service = TEXT("1740");
    assert_int_equal(decide(&about, &list).kind, SETTLE_ABSENT);
    orders[0].service = (sluice_text){NULL, 0};
    stays(&about, &list, "it may be this one");
    orders[0].created_ms = sent - HOUR;
    assert_int_equal(decide(&about, &list).kind, SETTLE_ABSENT);
    orders[0].created_ms = 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        orders[0].identifier = text_of(others[i]);
        assert_int_equal(decide(&about, &list).kind, SETTLE_ABSENT);
    }
    orders[0].unread = true;
    stays(&about, &list, "it may be this one");
    orders[0] = listed("", sent + SECOND);
    orders[0].reference = about.reference;
    stays(&about, &list, "it may be this one");
}

static void test_what_counts_as_the_first_list(void **state) {
    struct settle_doubt about = doubt();
    struct settle_list list = whole(NULL, 0, MINUTE - 1);
    (void)state;
    assert_false(decide(&about, &list).missed); /* the call may still have been under way */
    list = whole(NULL, 0, MINUTE);
    assert_true(decide(&about, &list).missed);
    list.complete = false;
    assert_false(decide(&about, &list).missed);
    about.duplicate = true;
    list = whole(NULL, 0, MINUTE);
    assert_false(decide(&about, &list).missed);
}

/* ---- the clock ------------------------------------------------------------------------------ */

static int64_t zone(int64_t a, int64_t b, int64_t c) {
    int64_t differences[] = {a, b, c};
    return settle_zone(differences, 3);
}

static void test_zone(void **state) {
    int64_t one[] = {-5 * HOUR - 3 * SECOND};
    (void)state;
    assert_int_equal(zone(2 * SECOND, 0, -SECOND), 0);
    assert_int_equal(zone(3 * HOUR + 5 * MINUTE, 90 * HOUR, -HOUR), 3 * HOUR);
    assert_int_equal(zone(5 * HOUR + 45 * MINUTE, 5 * HOUR + 44 * MINUTE, 5 * HOUR + 46 * MINUTE),
                     5 * HOUR + 45 * MINUTE);
    assert_int_equal(zone(8 * MINUTE, 8 * MINUTE, 8 * MINUTE), 15 * MINUTE);
    assert_int_equal(zone(-8 * MINUTE, -8 * MINUTE, -8 * MINUTE), -15 * MINUTE);
    assert_int_equal(zone(-7 * MINUTE, -7 * MINUTE, -7 * MINUTE), 0);
    assert_int_equal(settle_zone(one, 1), -5 * HOUR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listed_order_is_ours),
        cmocka_unit_test(test_time_is_no_evidence_without_a_clock),
        cmocka_unit_test(test_as_old_as_a_clock_can_be_off),
        cmocka_unit_test(test_oldest_of_several_is_ours),
        cmocka_unit_test(test_without_times_the_lowest_number_is_the_oldest),
        cmocka_unit_test(test_our_reference_is_proof),
        cmocka_unit_test(test_others_reference_is_anothers),
        cmocka_unit_test(test_another_service_or_identifier),
        cmocka_unit_test(test_title_of_no_single_service),
        cmocka_unit_test(test_duplicate_with_an_older_order),
        cmocka_unit_test(test_duplicate_that_is_older_than_the_list),
        cmocka_unit_test(test_duplicate_that_we_paid_for),
        cmocka_unit_test(test_absent_after_two_whole_lists),
        cmocka_unit_test(test_absent_is_strict),
        cmocka_unit_test(test_absent_although_miswritten),
        cmocka_unit_test(test_what_counts_as_the_first_list),
        cmocka_unit_test(test_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
