#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "ledger.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static sluice_error error = ERROR_INIT;

static void assert_key(sluice_text provider, sluice_text account, sluice_text service, sluice_text identifier,
                       const char *expected) {
    struct order_key key;
    char text[33];
    assert_int_equal(order_key_make(&key, provider, account, service, identifier, &error), 0);
    order_key_text(&key, text);
    assert_string_equal(text, expected);
}

/* The expected keys were made with Python's hashlib. A ledger is kept for ever: they may never change. */
static void keys_are_what_they_always_were(void **state) {
    char fill[1000];
    (void)state;
    memset(fill, 'x', sizeof fill);
    assert_key(TEXT("gsm_fusion"), TEXT("tester@api.example.test"), TEXT("1739"), TEXT("001001001234563"),
               "dbd7920bb6eb003590b265f25aaf519a");
    assert_key(TEXT("gsm_fusion"), TEXT("tester@api.example.test"), TEXT("1739"), (sluice_text){fill, 1000},
               "a85eb455ad19389e2177ff20e1053e9c");
    assert_key(TEXT(""), TEXT(""), TEXT(""), (sluice_text){NULL, 0}, "753240b7d1cf48fafad3b6cd75b08cd2");
}

static void long_parts_are_digested_whole(void **state) {
    char p[600], a[600], s[500], i[508];
    (void)state;
    memset(p, 'p', sizeof p);
    memset(a, 'a', sizeof a);
    memset(s, 's', sizeof s);
    memset(i, 'i', sizeof i);
    assert_key((sluice_text){p, sizeof p}, (sluice_text){a, sizeof a}, (sluice_text){s, sizeof s},
               (sluice_text){i, sizeof i}, "889b3e1a8c9c8993410933b8c08a3180");
}

static void parts_dont_run_into_each_other(void **state) {
    struct order_key a, b;
    (void)state;
    assert_int_equal(order_key_make(&a, TEXT("p"), TEXT("a"), TEXT("12"), TEXT("3"), &error), 0);
    assert_int_equal(order_key_make(&b, TEXT("p"), TEXT("a"), TEXT("1"), TEXT("23"), &error), 0);
    assert_memory_not_equal(a.bytes, b.bytes, sizeof a.bytes);
}

static void a_key_is_read_back(void **state) {
    struct order_key key;
    char text[33];
    (void)state;
    assert_true(order_key_parse("DBD7920bb6eb003590b265f25aaf519a", &key));
    order_key_text(&key, text);
    assert_string_equal(text, "dbd7920bb6eb003590b265f25aaf519a");
    assert_false(order_key_parse("", &key));
    assert_false(order_key_parse("dbd7920bb6eb003590b265f25aaf519", &key));
    assert_false(order_key_parse("dbd7920bb6eb003590b265f25aaf519a0", &key));
    assert_false(order_key_parse("gbd7920bb6eb003590b265f25aaf519a", &key));
    assert_false(order_key_parse("dbd7920bb6eb003590b265f25aaf519/", &key));
}

static void *make_many(void *user) {
    bool *good = user;
    struct order_key key;
    char text[33];
    *good = true;
    for (int i = 0; i < 2000; i++) {
        *good &= order_key_make(&key, TEXT("gsm_fusion"), TEXT("tester@api.example.test"), TEXT("1739"),
                                TEXT("001001001234563"), NULL) == 0;
        order_key_text(&key, text);
        *good &= strcmp(text, "dbd7920bb6eb003590b265f25aaf519a") == 0;
    }
    return NULL;
}

static void threads_dont_disturb_each_other(void **state) {
    pthread_t threads[4];
    bool good[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, &good[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

static void a_reference_is_the_key_and_the_row(void **state) {
    struct order_key key;
    char text[ORDER_REFERENCE];
    (void)state;
    assert_true(order_key_parse("dbd7920bb6eb003590b265f25aaf519a", &key));
    assert_int_equal(order_reference(&key, 0x1a2b, text), 37);
    assert_string_equal(text, "dbd7920bb6eb003590b265f25aaf519a-1a2b");
    order_reference(&key, 0, text);
    assert_string_equal(text + 32, "-0");
    assert_true(order_reference(&key, INT64_MAX, text) < ORDER_REFERENCE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_what_they_always_were),
        cmocka_unit_test(long_parts_are_digested_whole),
        cmocka_unit_test(parts_dont_run_into_each_other),
        cmocka_unit_test(a_key_is_read_back),
        cmocka_unit_test(threads_dont_disturb_each_other),
        cmocka_unit_test(a_reference_is_the_key_and_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
