#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox_book.h"
#include "text.h"

#include <cmocka.h>

static void open_book(struct sandbox_book *book, const char *path) {
    sluice_error error = ERROR_INIT;
    if (sandbox_book_open(book, path, "fixture", &error))
        fail_msg("%s", error.text);
}

static sluice_text name(char room[32], const char *what, int number) {
    return (sluice_text){room, (uint64_t)snprintf(room, 32, "%s%d", what, number)};
}

static void many_keys_are_found_and_kept_in_order(void **state) {
    enum { KEYS = 20000 };
    struct sandbox_book book;
    char key[32], value[32];
    (void)state;
    open_book(&book, NULL);
    for (int i = 0; i < KEYS; i++)
        sandbox_book_remember(&book, name(key, "key ", i), name(value, "", i));
    for (int i = 0; i < KEYS; i += 3)
        sandbox_book_remember(&book, name(key, "key ", i), name(value, "again ", i));
    assert_int_equal(book.memory.count, KEYS);
    for (int i = 0; i < KEYS; i++) {
        sluice_text expected = name(value, i % 3 ? "" : "again ", i);
        assert_true(text_equal(sandbox_book_recall(&book, name(key, "key ", i)), expected));
        assert_true(text_equal(book.memory.entries[i].key, name(key, "key ", i)));
    }
    assert_null(sandbox_book_recall(&book, TEXT("key")).ptr);
    assert_null(sandbox_book_recall(&book, TEXT("")).ptr);
    sandbox_book_close(&book);
}

static void the_empty_value_is_not_no_value(void **state) {
    struct sandbox_book book;
    (void)state;
    open_book(&book, NULL);
    sandbox_book_remember(&book, TEXT("a"), TEXT(""));
    assert_non_null(sandbox_book_recall(&book, TEXT("a")).ptr);
    sandbox_book_remember(&book, TEXT("a"), (sluice_text){NULL, 0});
    assert_null(sandbox_book_recall(&book, TEXT("a")).ptr);
    sandbox_book_close(&book);
}

static void charges_add_up(void **state) {
    struct sandbox_book book;
    (void)state;
    open_book(&book, NULL);
    assert_true(sandbox_book_charge(&book, TEXT("a"), TEXT("1"), TEXT("0.10")));
    assert_true(sandbox_book_charge(&book, TEXT("a"), TEXT("2"), TEXT("0.20")));
    assert_true(sandbox_book_charge(&book, TEXT("a"), TEXT("1"), TEXT("0.10")));
    assert_true(sandbox_book_charge(&book, TEXT("a"), TEXT("1"), TEXT("0.10")));
    assert_false(sandbox_book_charge(&book, TEXT("b"), TEXT("1"), TEXT("a lot")));
    assert_false(sandbox_book_charge(&book, TEXT("c"), TEXT("1"), (sluice_text){NULL, 0}));
    assert_int_equal(book.charge_count, 6);
    assert_int_equal(book.charges.count, 4);
    assert_int_equal(book.most, 3);
    assert_int_equal(book.repeated, 1);
    assert_int_equal(book.amount, 500000);
    assert_int_equal(book.charges.entries[0].amount, 300000);
    sandbox_book_close(&book);
}

/* What is kept is what comes back, whatever bytes it is made of. */
static void a_file_gives_back_what_was_committed(void **state) {
    static const char odd[] = "\n.\nr 1 1 0\n\0\xff";
    char path[] = "/tmp/sluice-test-XXXXXX";
    struct sandbox_book book;
    sluice_error error = ERROR_INIT;
    (void)state;
    close(mkstemp(path));
    open_book(&book, path);
    sandbox_book_remember(&book, TEXT(odd), TEXT("1"));
    sandbox_book_remember(&book, TEXT("gone"), TEXT("1"));
    sandbox_book_remember(&book, TEXT("empty"), TEXT(""));
    sandbox_book_charge(&book, TEXT(odd), TEXT("s"), TEXT("1.50"));
    assert_int_equal(sandbox_book_commit(&book, &error), 0);
    sandbox_book_remember(&book, TEXT("gone"), (sluice_text){NULL, 0});
    sandbox_book_remember(&book, TEXT(odd), TEXT(odd));
    assert_int_equal(sandbox_book_commit(&book, &error), 0);
    sandbox_book_remember(&book, TEXT("not committed"), TEXT("1"));
    sandbox_book_close(&book);
    open_book(&book, path);
    assert_true(text_equal(sandbox_book_recall(&book, TEXT(odd)), TEXT(odd)));
    assert_null(sandbox_book_recall(&book, TEXT("gone")).ptr);
    assert_non_null(sandbox_book_recall(&book, TEXT("empty")).ptr);
    assert_null(sandbox_book_recall(&book, TEXT("not committed")).ptr);
    assert_int_equal(book.charge_count, 1);
    assert_int_equal(book.amount, 1500000);
    assert_true(text_equal(book.charges.entries[0].value, TEXT(odd)));
    sandbox_book_close(&book);
    unlink(path);
}

static void a_device_that_is_full_is_said(void **state) {
    struct sandbox_book book;
    sluice_error error = ERROR_INIT;
    (void)state;
    open_book(&book, NULL);
    book.state = (struct sandbox_state){.fd = -1, .path = "/dev/full"};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    book.state.fd = dup(fileno(full));
    fclose(full);
    sandbox_book_remember(&book, TEXT("a"), TEXT("1"));
    assert_int_equal(sandbox_book_commit(&book, &error), SLUICE_E_IO);
    assert_string_equal(error.text, "/dev/full: can't be written: No space left on device");
    sandbox_book_close(&book);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_keys_are_found_and_kept_in_order),
        cmocka_unit_test(the_empty_value_is_not_no_value),
        cmocka_unit_test(charges_add_up),
        cmocka_unit_test(a_file_gives_back_what_was_committed),
        cmocka_unit_test(a_device_that_is_full_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
