#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "text.h"

static int forget(void **state) {
    (void)state;
    secret_forget_all();
    return 0;
}

static const char *redacted(const char *text) {
    static char out[4096];
    size_t length = strlen(text);
    memcpy(out, text, length);
    out[secret_redact(out, length)] = 0;
    return out;
}

static void the_same_value_has_one_handle(void **state) {
    (void)state;
    sluice_secret a = secret_keep(TEXT("opensesame")), b = secret_keep(TEXT("letmein")),
                  c = secret_keep(TEXT("opensesame"));
    assert_int_not_equal(a.handle, 0);
    assert_int_not_equal(a.handle, b.handle);
    assert_int_equal(a.handle, c.handle);
    assert_true(text_is(secret_value(a), "opensesame"));
    assert_true(text_is(secret_value(b), "letmein"));
}

static void what_is_no_secret_has_no_handle(void **state) {
    (void)state;
    assert_int_equal(secret_keep(TEXT("")).handle, 0);
    assert_int_equal(secret_keep((sluice_text){NULL, 0}).handle, 0);
    assert_null(secret_value((sluice_secret){0}).ptr);
    assert_null(secret_value((sluice_secret){.handle = 1}).ptr);
    assert_null(secret_value((sluice_secret){.handle = UINT32_MAX}).ptr);
}

static void values_are_struck_out(void **state) {
    (void)state;
    secret_keep(TEXT("opensesame"));
    assert_string_equal(redacted("key=opensesame&x=opensesame"), "key=***&x=***");
    assert_string_equal(redacted("opensesam"), "opensesam");
    assert_string_equal(redacted("opensesameopensesame"), "******");
    assert_string_equal(redacted(""), "");
    assert_string_equal(redacted("nothing here"), "nothing here");
}

static void urlencoded_values_are_struck_out(void **state) {
    (void)state;
    secret_keep(TEXT("p@ss word+1"));
    assert_string_equal(redacted("apiKey=p%40ss%20word%2B1&a=b"), "apiKey=***&a=b");
    assert_string_equal(redacted("p@ss word+1"), "***");
}

static void escaped_values_are_struck_out(void **state) {
    (void)state;
    secret_keep(TEXT("p\"w\\d</&1"));
    assert_string_equal(redacted("{\"key\":\"p\\\"w\\\\d</&1\"}"), "{\"key\":\"***\"}");   /* JSON */
    assert_string_equal(redacted("{\"key\":\"p\\\"w\\\\d<\\/&1\"}"), "{\"key\":\"***\"}"); /* by PHP */
    assert_string_equal(redacted("<key>p&quot;w\\d&lt;/&amp;1</key>"), "<key>***</key>");
    secret_keep(TEXT("p@ss word+1"));
    assert_string_equal(redacted("key=p%40ss+word%2B1"), "key=***");
}

static void only_long_values_are_struck_out_of_data(void **state) {
    char text[64] = "opensesame, sesame, s";
    (void)state;
    secret_keep(TEXT("opensesame"));
    secret_keep(TEXT("sesame"));
    text[secret_redact_data(text, strlen(text))] = 0;
    assert_string_equal(text, "***, sesame, s");
    assert_true(secret_in_data(TEXT("the opensesame")));
    assert_false(secret_in_data(TEXT("the sesame, opensesam")));
    assert_false(secret_in_data((sluice_text){NULL, 0}));
    assert_false(secret_in_data(TEXT("")));
}

/* An escaped form needs its own room; where there is none the secret isn't kept half. */
static void a_long_token_is_kept(void **state) {
    static char token[40000];
    (void)state;
    memset(token, 'x', sizeof token);
    assert_int_not_equal(secret_keep((sluice_text){token, sizeof token}).handle, 0);
    memset(token, '&', sizeof token);
    assert_int_equal(secret_keep((sluice_text){token, sizeof token}).handle, 0);
    assert_int_not_equal(secret_keep((sluice_text){token, 1000}).handle, 0);
}

static void short_values_stay(void **state) {
    (void)state;
    secret_keep(TEXT("abc"));
    assert_string_equal(redacted("abc abcd"), "abc abcd");
    secret_keep(TEXT("wxyz"));
    assert_string_equal(redacted("wxyz"), "***");
}

/* Struck out in the order they came, the shorter one would leave the rest of the longer one. */
static void a_value_inside_another_leaves_nothing_of_it(void **state) {
    (void)state;
    secret_keep(TEXT("token"));
    secret_keep(TEXT("token-of-the-admin"));
    secret_keep(TEXT("admin"));
    assert_string_equal(redacted("a token-of-the-admin b token c admin"), "a *** b *** c ***");
}

static void the_beginning_of_a_value_at_a_cut_goes(void **state) {
    char text[64] = "the key is opense";
    (void)state;
    secret_keep(TEXT("opensesame"));
    text[secret_redact_cut(text, strlen(text))] = 0;
    assert_string_equal(text, "the key is ");
    strcpy(text, "opensesame ope");
    text[secret_redact_cut(text, strlen(text))] = 0;
    assert_string_equal(text, "*** ope"); /* too little to tell */
    strcpy(text, "open");
    assert_int_equal(secret_redact_cut(text, 4), 0);
    assert_int_equal(secret_redact_cut(text, 0), 0);
}

static void a_full_vault_says_so(void **state) {
    char value[32];
    sluice_secret last = {0};
    uint32_t kept = 0;
    (void)state;
    char *huge = calloc(1, 70000);
    memset(huge, 'x', 70000);
    assert_int_equal(secret_keep((sluice_text){huge, 70000}).handle, 0);
    for (; kept < 10000; kept++) {
        snprintf(value, sizeof value, "secret-%u", kept);
        sluice_secret one = secret_keep(text_of(value));
        if (!one.handle)
            break;
        last = one;
    }
    assert_true(kept >= 100 && kept < 10000);
    snprintf(value, sizeof value, "secret-%u", kept - 1);
    assert_true(text_is(secret_value(last), value)); /* those that were kept are whole */
    assert_string_equal(redacted("secret-0 secret-7"), "*** ***");
    secret_forget_all();
    assert_null(secret_value(last).ptr);
    assert_int_not_equal(secret_keep(TEXT("again")).handle, 0);
    free(huge);
}

static void *use(void *user) {
    char value[32], line[64];
    for (int i = 0; i < 200; i++) {
        snprintf(value, sizeof value, "thread-%d-%d", (int)(uintptr_t)user, i % 10);
        sluice_secret kept = secret_keep(text_of(value));
        if (!text_is(secret_value(kept), value))
            abort();
        snprintf(line, sizeof line, "<%s>", value);
        if (secret_redact(line, strlen(line)) != 5)
            abort();
    }
    return NULL;
}

static void threads_keep_secrets(void **state) {
    pthread_t threads[4];
    (void)state;
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, (void *)i), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_same_value_has_one_handle, forget),
        cmocka_unit_test_teardown(what_is_no_secret_has_no_handle, forget),
        cmocka_unit_test_teardown(values_are_struck_out, forget),
        cmocka_unit_test_teardown(urlencoded_values_are_struck_out, forget),
        cmocka_unit_test_teardown(escaped_values_are_struck_out, forget),
        cmocka_unit_test_teardown(only_long_values_are_struck_out_of_data, forget),
        cmocka_unit_test_teardown(a_long_token_is_kept, forget),
        cmocka_unit_test_teardown(short_values_stay, forget),
        cmocka_unit_test_teardown(a_value_inside_another_leaves_nothing_of_it, forget),
        cmocka_unit_test_teardown(the_beginning_of_a_value_at_a_cut_goes, forget),
        cmocka_unit_test_teardown(a_full_vault_says_so, forget),
        cmocka_unit_test_teardown(threads_keep_secrets, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
