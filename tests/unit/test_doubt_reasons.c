#include "support.h"

#include <string.h>

#include "doubt_reasons.h"
#include "text.h"

enum { SECOND = 1000000 };

static struct doubt_reasons reasons;

static int set_up(void **state) {
    (void)state;
    reasons = (struct doubt_reasons){0};
    return 0;
}

static bool news(unsigned order, const char *reason, int64_t now_us) {
    uint8_t key[DOUBT_KEY] = {(uint8_t)order, (uint8_t)(order >> 8)};
    return doubt_reasons_news(&reasons, key, text_of(reason), now_us);
}

static void forget(unsigned order) {
    uint8_t key[DOUBT_KEY] = {(uint8_t)order, (uint8_t)(order >> 8)};
    doubt_reasons_forget(&reasons, key);
}

static void a_reason_is_said_once(void **state) {
    (void)state;
    assert_true(news(1, "the list isn't complete", 0));
    assert_false(news(1, "the list isn't complete", SECOND));
    assert_false(news(1, "the list isn't complete", 3600LL * SECOND));
    assert_true(news(2, "the list isn't complete", SECOND));
}

static void another_reason_is_news(void **state) {
    (void)state;
    assert_true(news(1, "it may still appear", 0));
    assert_true(news(1, "a second list has to lack it", SECOND));
    assert_false(news(1, "a second list has to lack it", 2 * SECOND));
    assert_true(news(1, "it may still appear", 3 * SECOND));
}

static void too_many_are_said_later(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * DOUBT_REASONS_MOST; i++)
        assert_int_equal(news(i, "why", SECOND), i < DOUBT_REASONS_MOST);
    for (unsigned i = 0; i < 2 * DOUBT_REASONS_MOST; i++)
        assert_int_equal(news(i, "why", 61 * SECOND), i >= DOUBT_REASONS_MOST);
}

static void one_that_was_settled_makes_room(void **state) {
    (void)state;
    for (unsigned i = 0; i < DOUBT_REASONS; i++)
        assert_true(news(i, "why", (int64_t)i * 60 * SECOND));
    assert_false(news(DOUBT_REASONS, "why", 3600LL * 24 * SECOND));
    forget(7);
    forget(DOUBT_REASONS); /* was never said */
    assert_true(news(DOUBT_REASONS, "why", 3600LL * 24 * SECOND));
    for (unsigned i = 0; i < DOUBT_REASONS; i++)
        assert_false(i != 7 && news(i, "why", 3600LL * 48 * SECOND));
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup(f, set_up)
    const struct CMUnitTest tests[] = {
        TEST(a_reason_is_said_once),
        TEST(another_reason_is_news),
        TEST(too_many_are_said_later),
        TEST(one_that_was_settled_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
