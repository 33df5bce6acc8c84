#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "settler.h"
#include "till_test.h"

/* What the provider lists: pages, and what stands where "@" is the time of `now` and more after it in
 * seconds. */
static const char *pages[3];
static int64_t now_ms;

static void write_page(const char *page, char *out, size_t room) {
    size_t used = 0;
    for (; *page && used + CLOCK_TEXT < room; page++) {
        char time[CLOCK_TEXT];
        if (*page != '@') {
            out[used++] = *page;
            continue;
        }
        char *end;
        long seconds = strtol(page + 1, &end, 10);
        used += (size_t)snprintf(out + used, room - used, "%s", clock_format(now_ms + seconds * 1000, time));
        page = end - 1;
    }
    out[used] = 0;
}

static int64_t asked_since;

static bool answer(struct shop *from, const char *body, char *out, size_t room) {
    const char *cookie = strstr(body, "cookie="), *since = strstr(body, "since=");
    (void)from;
    asked_since = since ? strtoll(since + 6, NULL, 10) : 0;
    if (!strstr(body, "op=settle"))
        return false;
    write_page(pages[cookie ? atoi(cookie + 7) : 0], out, room);
    return true;
}

static char told[1000];

static void tell(void *user, const struct settler_news *news) {
    static const char *const kinds[] = {"stays", "placed", "exists", "absent"};
    (void)user;
    sprintf(told + strlen(told), "%.*s %s %.*s;", (int)news->identifier.len, news->identifier.ptr,
            kinds[news->kind], (int)news->order_id.len, news->order_id.ptr ? news->order_id.ptr : "");
}

static char untold[200];

static int note_untold(void *user, const struct settle_listed *order, sluice_text title,
                       sluice_error *error) {
    (void)user, (void)error;
    sprintf(untold + strlen(untold), "%.*s %.*s;", (int)order->order_id.len, order->order_id.ptr,
            (int)title.len, title.ptr);
    return 0;
}

static struct settler settler;
static struct client client;
static uint64_t found;

static int settle_as(int64_t run, bool seeds, struct settle_rules rules) {
    static const struct limits limits = {.concurrency = 1, .connect_ms = 5000, .timeout_ms = 5000};
    settler = (struct settler){.ledger = till.ledger,
                               .client = &client,
                               .catalogue = &till.spend.catalogue,
                               .place = "place",
                               .provider = {"shop", 4},
                               .account = {"tester@shop", 11},
                               .run = run,
                               .rules = rules,
                               .seeds = seeds,
                               .told = tell,
                               .untold = note_untold};
    told[0] = untold[0] = 0;
    till.error = (sluice_error)ERROR_INIT;
    assert_int_equal(client_open(&client, &till.instance, &limits, NULL, &till.error), 0);
    int failed = settler_run(&settler, &till.error);
    client_close(&client);
    found = settler.found;
    return failed;
}

static void settle(const char *page, bool seeds, const char *expected) {
    pages[0] = page;
    shop_behave(&shop, answer, HTTP_KEEP, NULL);
    int failed = settle_as(till.run.id, seeds, (struct settle_rules){0, 0});
    assert_string_equal(till.error.text, "");
    assert_int_equal(failed, 0);
    assert_string_equal(told, expected);
}

/* A run that buys "1" with a reply and gets none for what follows; its ledger, open. */
static void buy_one_and_lose(const char *const *lost) {
    now_ms = clock_wall_ms();
    shop.settles = true;
    TILL_RUN("imei", "1");
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_CLOSE, NULL);
    till_run(&till, &shop, till_dir, lost);
    assert_int_equal(till.exit_code, 11);
    till_close(&till);
    shop_behave(&shop, NULL, HTTP_KEEP, NULL);
    till_begin();
}

/* The run that till_begin opened ends without an order. */
static void end_run(void) {
    till_start(&till);
    till_finish(&till);
}

/* The order seems to be old enough to be absent, for this machine's clock alone. */
static void a_clock_that_is_wrong_settles_nothing(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2"));
    pages[0] = "candidate 7001 1 1739 @0\ncandidate 7002 2 1739 @0\nlisting 1 @-7200\n";
    shop.headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    shop_behave(&shop, answer, HTTP_KEEP, NULL);
    assert_int_equal(settle_as(till.run.id, false, (struct settle_rules){0, 0}), SLUICE_E_CONFIG);
    assert_non_null(strstr(till.error.text, "clock is off by"));
    assert_string_equal(told, "");
    shop.headers = NULL;
    end_run();
}

static void what_is_listed_is_ours(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2", "3"));
    settle("candidate 7001 1 - @0 A check\ncandidate 7002 2 1739 @1\ncandidate 7009 2 1740 @1\n"
           "candidate 7003 9 - @1 A check\nlisting 0 @0\n",
           false, "2 placed 7002;3 stays ;");
    assert_string_equal(till_states(&till), "placed 2 in_doubt 1");
    assert_int_equal(found, 0);
    end_run();
}

/* A title stands for a service when it is that of one only; the times are those of another zone. */
static void titles_and_zones(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2", "3"));
    settle("candidate 7001 1 - @10800 A check\ncandidate 6002 2 - @5400 A check\n"
           "candidate 7003 3 - @10801 Another title\nlisting 0 @5400\n",
           false, "2 stays ;3 stays ;");
    settle("candidate 7001 1 - @10800 A check\ncandidate 6002 2 - @5400 A check\ncandidate 7002 2 - @10801 A "
           "check\n"
           "candidate 7003 3 - @10801 A check\nlisting 0 @5400\n",
           false, "2 placed 7002;3 placed 7003;");
    end_run();
}

static void pages_are_one_list(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2", "3"));
    pages[1] = "candidate 7002 2 1739 @1\nlisting 1 @0\nmore 2\n";
    pages[2] = "candidate 7003 3 1739 @1\nlisting 1 @-7200\n";
    settle("candidate 7001 1 1739 @0\nlisting 1 @0\nmore 1\n", false, "2 placed 7002;3 placed 7003;");
    end_run();
}

/* One page that isn't complete, and the list isn't. */
static void one_page_more_or_two_lists_at_once_prove_nothing(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2"));
    pages[1] = "listing 0 @-7200\n";
    settle("candidate 7001 1 1739 @0\nlisting 1 @-7200\nmore 1\n", false, "2 stays ;");
    const char *whole = "candidate 7001 1 1739 @0\nlisting 1 @-7200\n";
    settle(whole, false, "2 stays ;");
    settle(whole, false, "2 stays ;");
    assert_string_equal(till_states(&till), "placed 1 in_doubt 1");
    end_run();
}

static void what_nobody_here_bought_exists(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2"));
    settle("candidate 7001 1 1739 @0\ncandidate 7002 2 1739 @1\ncandidate 7004 2 1739 @3\ncandidate 6005 5 "
           "1739 @-9\n"
           "candidate 6006 6 - @-9 A check\ncandidate 6007 7 - @-9 No such title\nlisting 0 @0\n",
           true, "2 placed 7002;");
    assert_int_equal(found, 3);
    assert_string_equal(untold, "6007 No such title;");
    assert_string_equal(till_states(&till), "placed 2 exists 3");
    till_start(&till);
    TILL_GIVE("imei", "2", "5", "6", "7");
    till_finish(&till);
    assert_string_equal(till_sums(&till), "placed 1 duplicate 3");
}

/* A list that grows while its pages are read shows an order twice: nobody has bought it again. */
static void an_order_that_is_listed_twice_is_one(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2"));
    pages[1] = "candidate 7002 2 1739 @1\ncandidate 6005 5 1739 @-9\nlisting 1 @-9\n";
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    support_capture(2);
    settle("candidate 7001 1 1739 @0\ncandidate 7002 2 1739 @1\nlisting 1 @0\nmore 1\n", true,
           "2 placed 7002;");
    char *said = support_captured(2);
    assert_null(strstr(said, "more order"));
    free(said);
    assert_int_equal(found, 1);
    end_run();
}

/* What was listed as a number is known under its IMEI, too; the order's id belongs to the first form. */
static void zeros_that_a_list_lost_come_back(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2"));
    const char *page = "candidate 7001 1 1739 @0\ncandidate 6005 1001001234563 1739 @-9\n"
                       "candidate 6006 34 1739 @-9\nlisting 0 @0\n";
    settle(page, true, "2 stays ;");
    assert_int_equal(found, 2);
    assert_string_equal(till_states(&till), "placed 1 in_doubt 1 exists 4");
    settle(page, true, "2 stays ;"); /* all of it is known */
    assert_string_equal(till_states(&till), "placed 1 in_doubt 1 exists 4");
    till_start(&till);
    TILL_GIVE("imei", "001001001234563", "1001001234563", "34", "000000000000034");
    till_finish(&till);
    assert_string_equal(till_sums(&till), "duplicate 4");
}

/* Orders from before a day ago aren't asked for, but by a ledger that has never seen a list. */
static void only_what_may_matter_is_asked_for(void **state) {
    (void)state;
    const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;
    buy_one_and_lose(TILL_ROWS("imei", "2"));
    settle("candidate 7001 1 1739 @0\nlisting 1 @-60\n", true, "2 stays ;");
    assert_int_equal(asked_since, 0);
    settle("candidate 7001 1 1739 @0\nlisting 1 @-60\n", true, "2 stays ;");
    assert_in_range(asked_since, now_ms - day_ms, now_ms - day_ms + 60000);
    settle("candidate 7001 1 1739 @0\nlisting 1 @-60\n", false, "2 stays ;");
    assert_in_range(asked_since, now_ms - day_ms, now_ms - day_ms + 60000);
    end_run();
}

static void nothing_in_doubt_nothing_asked(void **state) {
    (void)state;
    shop.settles = true;
    till_begin();
    unsigned asked = shop_asked(&shop);
    settle("", false, "");
    assert_int_equal(shop_asked(&shop), asked);
    assert_false(settler.list_is_used);
    settle("", true, "");
    assert_int_equal(shop_asked(&shop), asked + 1);
    end_run();
}

static void a_list_that_cant_be_had_changes_nothing(void **state) {
    (void)state;
    buy_one_and_lose(TILL_ROWS("imei", "2"));
    pages[0] = "candidate 7002 2 1739 @1\nfail -77 Invalid User!\n";
    shop_behave(&shop, answer, HTTP_KEEP, NULL);
    assert_int_equal(settle_as(till.run.id, true, (struct settle_rules){0, 0}), SLUICE_E_AUTH);
    assert_string_equal(told, "");
    assert_string_equal(till_states(&till), "placed 1 in_doubt 1");
    end_run();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(what_is_listed_is_ours),
        TILL_TEST(titles_and_zones),
        TILL_TEST(pages_are_one_list),
        TILL_TEST(one_page_more_or_two_lists_at_once_prove_nothing),
        TILL_TEST(what_nobody_here_bought_exists),
        TILL_TEST(an_order_that_is_listed_twice_is_one),
        TILL_TEST(zeros_that_a_list_lost_come_back),
        TILL_TEST(nothing_in_doubt_nothing_asked),
        TILL_TEST(only_what_may_matter_is_asked_for),
        TILL_TEST(a_clock_that_is_wrong_settles_nothing),
        TILL_TEST(a_list_that_cant_be_had_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
