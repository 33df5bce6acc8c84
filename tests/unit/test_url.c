#include "support.h"

#include <string.h>

#include "text.h"
#include "url.h"

static void check_authority(const char *url, const char *expected) {
    assert_true(text_is(url_authority(text_of(url)), expected));
}

static void the_authority_ends_at_path_query_or_fragment(void **state) {
    (void)state;
    check_authority("https://shop.test:8443/api?x=1", "shop.test:8443");
    check_authority("https://me:pw@shop.test?x=1", "me:pw@shop.test");
    check_authority("https://shop.test#top", "shop.test");
    check_authority("https://shop.test", "shop.test");
    check_authority("shop.test/api", "shop.test");
    check_authority("https://", "");
    assert_int_equal(url_authority((sluice_text){NULL, 0}).len, 0);
}

static void check_shown(const char *url, const char *expected) {
    char out[URL_SHOWN];
    assert_string_equal(url_shown(url, out), expected);
}

static void neither_user_nor_query_is_shown(void **state) {
    (void)state;
    check_shown("https://shop.test/api/index.php", "https://shop.test/api/index.php");
    check_shown("https://shop.test/api?apiKey=hunter22", "https://shop.test/api");
    check_shown("https://shop.test?apiKey=hunter22", "https://shop.test");
    check_shown("https://me:hunter22@shop.test:8443/api#hunter22", "https://shop.test:8443/api");
    check_shown("https://me@home:hunter22@shop.test/", "https://shop.test/");
    check_shown("https://shop.test/@home?x", "https://shop.test/@home");
    check_shown("me:hunter22@shop.test/api", "shop.test/api");
    check_shown("", "");
}

static void a_long_address_is_cut(void **state) {
    char url[1000] = "https://shop.test/", out[URL_SHOWN];
    (void)state;
    memset(url + strlen(url), 'x', sizeof url - strlen(url) - 1);
    url_shown(url, out);
    assert_int_equal(strlen(out), URL_SHOWN - 1);
    assert_string_equal(out + URL_SHOWN - 5, "x...");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authority_ends_at_path_query_or_fragment),
        cmocka_unit_test(neither_user_nor_query_is_shown),
        cmocka_unit_test(a_long_address_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
