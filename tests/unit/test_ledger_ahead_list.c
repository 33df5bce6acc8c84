/* Keys and order ids that a ledger will be asked for, found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_remote.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

enum { MANY = 3000 };

static void free_lists(struct remote_ahead *ahead) {
    for (size_t i = 0; i < ahead->id_count; i++)
        free(ahead->ids[i].text);
    free(ahead->keys);
    free(ahead->places);
    free(ahead->ids);
    free(ahead->id_places);
}

/* Half of them begin alike: those have the same place. */
static const uint8_t *key_of(uint32_t n) {
    static uint8_t key[16];
    memset(key, 0, sizeof key);
    memcpy(n % 2 ? key : key + 12, &n, sizeof n);
    return key;
}

static void each_key_is_there_once(void **state) {
    struct remote_ahead ahead = {0};
    (void)state;
    assert_null(remote_key_find(&ahead, key_of(1)));
    for (int again = 0; again < 2; again++)
        for (uint32_t n = 0; n < MANY; n++)
            assert_non_null(remote_key_add(&ahead, key_of(n)));
    assert_int_equal(ahead.key_count, MANY);
    for (uint32_t n = 0; n < MANY; n++) {
        const struct remote_key *key = remote_key_find(&ahead, key_of(n));
        assert_memory_equal(key->bytes, key_of(n), 16);
        assert_true(key->stale && !key->askers); /* until it was asked for */
    }
    assert_null(remote_key_find(&ahead, key_of(MANY)));
    free_lists(&ahead);
}

static void an_id_is_all_of_its_text(void **state) {
    struct remote_ahead ahead = {0};
    char text[16];
    (void)state;
    assert_null(remote_id_find(&ahead, "1"));
    for (int n = 0; n < MANY; n++) {
        sluice_text id = {text, (uint64_t)snprintf(text, sizeof text, "%d", n)};
        remote_id_add(&ahead, id);
        remote_id_add(&ahead, id);
    }
    assert_int_equal(ahead.id_count, MANY);
    assert_string_equal(remote_id_find(&ahead, "12")->text, "12");
    assert_string_equal(remote_id_find(&ahead, "123")->text, "123");
    assert_null(remote_id_find(&ahead, "0123"));
    assert_null(remote_id_find(&ahead, NULL));
    free_lists(&ahead);
}

/* The list had grown when there was no memory for its table. */
static void a_table_that_could_not_be_made_is_made_later(void **state) {
    struct remote_ahead ahead = {0};
    (void)state;
    remote_key_add(&ahead, key_of(1));
    remote_id_add(&ahead, TEXT("1"));
    free(ahead.places);
    free(ahead.id_places);
    ahead.places = ahead.id_places = NULL;
    ahead.key_count = 0;
    assert_null(remote_key_find(&ahead, key_of(1)));
    assert_null(remote_id_find(&ahead, "1"));
    assert_non_null(remote_key_add(&ahead, key_of(2)));
    remote_id_add(&ahead, TEXT("2"));
    assert_non_null(remote_key_find(&ahead, key_of(2)));
    assert_non_null(remote_id_find(&ahead, "2"));
    assert_non_null(remote_id_find(&ahead, "1"));
    free_lists(&ahead);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_there_once),
        cmocka_unit_test(an_id_is_all_of_its_text),
        cmocka_unit_test(a_table_that_could_not_be_made_is_made_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
