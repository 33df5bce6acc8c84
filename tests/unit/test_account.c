#include "support.h"

#include <string.h>

#include "account.h"
#include "text.h"

static void check(const char *account, const char *user, const char *url, const char *expected) {
    sluice_arena arena = {0};
    const sluice_endpoint endpoint = {
        .account = text_of(account), .user = text_of(user), .base_url = text_of(url)};
    sluice_text name = account_name(&arena, &endpoint);
    assert_int_equal(name.len, strlen(expected));
    assert_memory_equal(name.ptr, expected, name.len);
    arena_free(&arena);
}

static void the_option_wins(void **state) {
    (void)state;
    check("My Account", "me", "https://a.test", "My Account");
}

/* The same account whatever way the address is written, or the same order would be paid again. */
static void host_and_user_make_the_name(void **state) {
    (void)state;
    check(NULL, "Tester", "https://provider.test", "Tester@provider.test");
    check("", "Tester", "https://Provider.TEST/api/index.php", "Tester@provider.test");
    check(NULL, "Tester", "https://provider.test:443/", "Tester@provider.test");
    check(NULL, "Tester", "http://127.0.0.1:80", "Tester@127.0.0.1");
    check(NULL, "Tester", "http://127.0.0.1:8080/x:443", "Tester@127.0.0.1:8080");
    check(NULL, "Tester", "https://provider.test?x=/y", "Tester@provider.test");
    check(NULL, "Tester", "https://provider.test#f", "Tester@provider.test");
    check(NULL, "Tester", "https://provider.test./x", "Tester@provider.test");
    check(NULL, "", "http://[::1]:80/x", "[::1]");
    check(NULL, "", "http://[::1]:5001/x", "[::1]:5001");
    check(NULL, "", "http://[::1]", "[::1]");
    check(NULL, "Tester", "https://provider.test.:8443", "Tester@provider.test:8443");
    check(NULL, "Tester", "https://provider.test:0443/", "Tester@provider.test");
    check(NULL, "Tester", "https://provider.test:08443/", "Tester@provider.test:8443");
    check(NULL, " Tester\r\n", "https://provider.test", "Tester@provider.test");
    check(" mine\t", "Tester", "https://provider.test", "mine");
    check(" ", "Tester", "https://provider.test", "Tester@provider.test");
}

static void letter_case_of_a_user_counts(void **state) {
    (void)state;
    check(NULL, "TESTER", "https://a.test", "TESTER@a.test");
    check(NULL, "tester", "https://a.test", "tester@a.test");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_option_wins),
        cmocka_unit_test(host_and_user_make_the_name),
        cmocka_unit_test(letter_case_of_a_user_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
