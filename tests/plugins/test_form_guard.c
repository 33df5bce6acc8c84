/* Sessions, guessing, drafts, routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "form/draft.h"
#include "form/random.h"
#include "form/route.h"
#include "form/session.h"
#include "form/throttle.h"
#include "form_host.h"

#include <cmocka.h>

static sluice_error error = {.size = sizeof error};

static void a_cookie_is_good_as_it_is(void **state) {
    struct sessions sessions = {&form_host, NULL, {1, 0}}, others = {&form_host, NULL, {2, 0}};
    struct session session, read;
    char cookie[SESSION_COOKIE];
    (void)state;
    assert_int_equal(session_begin(&sessions, &session, cookie, &error), 0);
    assert_true(session_read(&sessions, text_of(cookie), &read));
    assert_string_equal(read.nonce, session.nonce);
    assert_string_equal(read.csrf, session.csrf);
    assert_false(session_read(&others, text_of(cookie), &read)); /* another password */
    for (size_t i = 0; cookie[i]; i++) {
        char kept = cookie[i];
        cookie[i] = kept == '1' ? '2' : '1';
        assert_false(session_read(&sessions, text_of(cookie), &read));
        assert_false(session_read(&sessions, (sluice_text){cookie, i}, &read));
        cookie[i] = kept;
    }
    form_host_now_ms += (SESSION_DAYS * 86400LL + 1) * 1000;
    assert_false(session_read(&sessions, text_of(cookie), &read));
    form_host_now_ms -= (SESSION_DAYS * 86400LL + 1) * 1000;
}

static void who_guesses_waits(void **state) {
    static struct throttle throttle;
    int64_t now = 1000000, waited = 0;
    (void)state;
    pthread_mutex_init(&throttle.lock, NULL);
    for (int i = 1; i < THROTTLE_FREE; i++)
        throttle_failed(&throttle, TEXT("a"), now);
    assert_int_equal(throttle_wait(&throttle, TEXT("a"), now), 0);
    for (int i = 0; i < 20; i++) {
        throttle_failed(&throttle, TEXT("a"), now);
        assert_true(throttle_wait(&throttle, TEXT("a"), now) >= waited);
        waited = throttle_wait(&throttle, TEXT("a"), now);
    }
    assert_int_equal(waited, 300000);
    assert_int_equal(throttle_wait(&throttle, TEXT("b"), now), 0);
    assert_int_equal(throttle_wait(&throttle, TEXT("a"), now + waited), 0);
    for (int i = 0; i < 2 * THROTTLE_ADDRESSES; i++) { /* a table of its own size, whoever asks */
        char address[16];
        snprintf(address, sizeof address, "x%d", i);
        throttle_failed(&throttle, text_of(address), now + i);
    }
    throttle_failed(&throttle, TEXT("c"), now);
    throttle_passed(&throttle, TEXT("c"));
    assert_int_equal(throttle_wait(&throttle, TEXT("c"), now), 0);
    pthread_mutex_destroy(&throttle.lock);
}

static struct draft *keep(struct drafts *drafts, int64_t now) {
    struct sheet sheet;
    assert_int_equal(sheet_from_text(&form_host, TEXT("1 2"), &sheet, &error), 0);
    return draft_keep(drafts, &sheet, TEXT("1 2"), TEXT("7"), now);
}

static void drafts_are_kept_for_a_while(void **state) {
    struct drafts drafts;
    (void)state;
    drafts_init(&drafts);
    struct draft *first = keep(&drafts, 1000);
    assert_ptr_equal(draft_find(&drafts, text_of(first->name), 2000), first);
    draft_release(&drafts, first);
    assert_null(draft_find(&drafts, TEXT("nothing"), 2000));
    assert_null(draft_find(&drafts, text_of(first->name), 1000 + DRAFT_MS));
    for (int i = 0; i < DRAFTS + 3; i++)
        draft_release(&drafts, keep(&drafts, 2000 + i));
    assert_null(draft_find(&drafts, text_of(first->name), 2500));
    assert_true(text_is(first->service, "7")); /* it is still held here */
    assert_string_equal(first->typed, "1 2");
    draft_release(&drafts, first);
    drafts_free(&drafts);
}

/* A long list is kept as it was typed, too: that counts. */
static void drafts_together_have_a_limit(void **state) {
    enum { HELD = 4, SIZE = DRAFTS_BYTES / (HELD - 1) };
    static char typed[SIZE];
    char names[HELD + 1][DRAFT_NAME + 1];
    struct drafts drafts;
    (void)state;
    drafts_init(&drafts);
    for (int i = 0; i <= HELD; i++) {
        struct sheet sheet;
        assert_int_equal(sheet_from_text(&form_host, TEXT("1 2"), &sheet, &error), 0);
        struct draft *draft = draft_keep(&drafts, &sheet, (sluice_text){typed, SIZE}, TEXT("7"), 1000 + i);
        snprintf(names[i], sizeof names[i], "%s", draft->name);
        draft_release(&drafts, draft);
    }
    assert_null(draft_find(&drafts, text_of(names[0]), 2000));
    struct draft *newest = draft_find(&drafts, text_of(names[HELD]), 2000);
    assert_non_null(newest);
    draft_release(&drafts, newest);
    drafts_free(&drafts);
}

static void routes_lead_to_pages(void **state) {
    sluice_text part = {0};
    bool other = false;
    (void)state;
    assert_non_null(route_find("GET", "/", &part, &other));
    assert_non_null(route_find("HEAD", "/orders", &part, &other));
    assert_non_null(route_find("GET", "/jobs/abc/events", &part, &other));
    assert_true(text_is(part, "abc"));
    assert_non_null(route_find("GET", "/order/a%b", &part, &other));
    assert_false(other);
    assert_null(route_find("GET", "/jobs//events", &part, &other));
    assert_null(route_find("GET", "/jobs/a/b", &part, &other));
    assert_null(route_find("GET", "", &part, &other));
    assert_null(route_find("GET", "/order/", &part, &other));
    assert_false(other);
    assert_null(route_find("GET", "/preview", &part, &other));
    assert_true(other);
}

static void names_are_new(void **state) {
    char a[33], b[33], hex[9];
    (void)state;
    random_name(a, 32);
    random_name(b, 32);
    assert_int_equal(strlen(a), 32);
    assert_string_not_equal(a, b);
    random_hex((const uint8_t[]){0, 255, 16, 1}, 4, hex);
    assert_string_equal(hex, "00ff1001");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_good_as_it_is),   cmocka_unit_test(who_guesses_waits),
        cmocka_unit_test(drafts_are_kept_for_a_while), cmocka_unit_test(drafts_together_have_a_limit),
        cmocka_unit_test(routes_lead_to_pages),        cmocka_unit_test(names_are_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
