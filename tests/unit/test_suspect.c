#include "suspect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct service services[] = {{.id = {"1", 1}, .title = {"Check", 5}},
                                    {.id = {"2", 1}, .title = {"Unlock", 6}},
                                    {.id = {"3", 1}, .title = {"Unlock", 6}}};
static const struct catalogue catalogue = {.services = services, .count = 3};

static void add(struct suspects *suspects, const char *identifier, const char *title) {
    sluice_error error = ERROR_INIT;
    const struct suspect suspect = {.provider = TEXT("shop"),
                                    .account = TEXT("me"),
                                    .identifier = text_of(identifier),
                                    .order_id = TEXT("77"),
                                    .title = text_of(title)};
    assert_int_equal(suspects_add(suspects, &catalogue, &suspect, &error), 0);
}

static const char *find(const struct suspects *suspects, const char *service, const char *identifier) {
    sluice_error error = ERROR_INIT;
    struct order_key key;
    const char *words = "";
    assert_int_equal(
        order_key_make(&key, TEXT("shop"), TEXT("me"), text_of(service), text_of(identifier), &error), 0);
    assert_int_equal(
        suspects_find(suspects, TEXT("shop"), TEXT("me"), text_of(identifier), &key, &words, &error), 0);
    return words;
}

static void a_title_of_none_may_be_any_service(void **state) {
    struct suspects suspects = {0};
    (void)state;
    assert_null(find(&suspects, "1", "5"));
    add(&suspects, "5", "Gone");
    add(&suspects, "6", "");
    assert_string_equal(find(&suspects, "1", "5"), "77 ('Gone')");
    assert_string_equal(find(&suspects, "3", "5"), "77 ('Gone')");
    assert_string_equal(find(&suspects, "2", "6"), "77 ('')");
    assert_null(find(&suspects, "1", "7"));
    suspects_free(&suspects);
}

static void a_title_of_several_is_one_of_them(void **state) {
    struct suspects suspects = {0};
    (void)state;
    add(&suspects, "5", "Unlock");
    assert_string_equal(find(&suspects, "2", "5"), "77 ('Unlock')");
    assert_string_equal(find(&suspects, "3", "5"), "77 ('Unlock')");
    assert_null(find(&suspects, "1", "5"));
    suspects_free(&suspects);
}

static void long_words_are_cut(void **state) {
    struct suspects suspects = {0};
    char title[1000] = "";
    (void)state;
    memset(title, 'x', sizeof title - 1);
    add(&suspects, "5", title);
    assert_true(strlen(find(&suspects, "1", "5")) < 200);
    suspects_free(&suspects);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title_of_none_may_be_any_service),
        cmocka_unit_test(a_title_of_several_is_one_of_them),
        cmocka_unit_test(long_words_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
