#include "support.h"

#include <sys/socket.h>
#include <unistd.h>

#include "visitors.h"

enum { MOST = 2 * VISITORS_KEPT };

static struct visitors visitors;
static struct visitor *all[MOST];
static int ours[MOST], theirs[MOST];
static size_t count;

static int set_up(void **state) {
    (void)state;
    visitors = (struct visitors){0};
    count = 0;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < count; i++) {
        visitors_remove(&visitors, all[i]);
        close(ours[i]);
        close(theirs[i]);
    }
    return visitors.first || visitors.last || visitors.staying;
}

static void come(size_t more) {
    for (; more--; count++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        ours[count] = ends[0];
        theirs[count] = ends[1];
        assert_non_null(all[count] = visitors_add(&visitors, ends[0]));
    }
}

static bool is_cut(size_t i) {
    char byte;
    return recv(theirs[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static void the_oldest_leaves_for_the_newest(void **state) {
    (void)state;
    come(VISITORS_KEPT);
    assert_false(is_cut(0));
    come(2);
    assert_true(is_cut(0) && is_cut(1));
    assert_false(is_cut(2));
    assert_int_equal(visitors.staying, VISITORS_KEPT);
}

static void who_gets_an_answer_stays(void **state) {
    (void)state;
    come(VISITORS_KEPT);
    visitor_asks(all[0]);
    visitors_answered(&visitors, all[1]); /* and who got one lately is like a new one */
    come(1);
    assert_true(is_cut(2));
    assert_false(is_cut(0) || is_cut(1));
    visitors_answered(&visitors, all[0]);
    come(VISITORS_KEPT - 2);
    assert_true(is_cut(1) && is_cut(VISITORS_KEPT - 1));
    assert_false(is_cut(0));
    come(1);
    assert_false(is_cut(0));
}

static void who_keeps_others_waiting_leaves(void **state) {
    (void)state;
    come(3);
    all[0]->since_us -= (int64_t)(VISITORS_PATIENCE_MS + 1000) * 1000;
    all[1]->since_us = all[0]->since_us;
    visitor_asks(all[1]);
    come(1);
    assert_true(is_cut(0));
    assert_false(is_cut(1) || is_cut(2));
}

static void nobody_has_to_be_known(void **state) {
    (void)state;
    visitor_asks(NULL);
    visitors_answered(&visitors, NULL);
    assert_null(visitors.first);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_leaves_for_the_newest),
        TEST(who_gets_an_answer_stays),
        TEST(who_keeps_others_waiting_leaves),
        TEST(nobody_has_to_be_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
