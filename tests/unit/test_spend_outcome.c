#include "support.h"

#include <stdio.h>
#include <string.h>

#include "till_test.h"

static bool charge_other(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    if (!strstr(body, "op=place"))
        return false;
    snprintf(out, room, "placed 0 %u %s\n", from->next_order++, strstr(body, "imei=1") ? "0.75" : "-3.00");
    return true;
}

static void what_was_charged_is_counted(void **state) {
    (void)state;
    shop_behave(&shop, charge_other, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2");
    till_check("placed 2", "placed 2", 0);
    till_check_column(&till.store, "credits", "0.75 0.50"); /* a negative price is none */
    assert_int_equal(atomic_load(&till.run.tally.spent), 1250000);
    assert_int_equal(till.spend.cap.run, 1250000);
}

static bool answer_in_part(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room,
             "placed 0 71\nrejected 2 invalid_imei Invalid IMEI!\nduplicate 3 IMEI already exists!\n");
    return strstr(body, "op=place") != NULL;
}

static void a_list_answered_in_part(void **state) {
    (void)state;
    shop.list = 4;
    shop_behave(&shop, answer_in_part, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2", "3", "4");
    till_check("placed 1 rejected 1 in_doubt 2", "placed 1 in_doubt 2 rejected 1", 11);
    till_check_column(&till.rejected, "_code", "invalid_imei");
    till_check_column(&till.rejected, "_reason", "Invalid IMEI!");
    till_check_column(&till.store, "imei", "1");
}

static bool say_the_same_order(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "placed 0 71\nplaced 1 71\n");
    return strstr(body, "op=place") != NULL;
}

static void an_order_id_belongs_to_one_order(void **state) {
    (void)state;
    shop.list = 2;
    shop_behave(&shop, say_the_same_order, HTTP_KEEP, NULL);
    TILL_RUN("imei", "1", "2");
    till_check("placed 1 in_doubt 1", "placed 1 in_doubt 1", 11);
    till_check_column(&till.store, "order_id", "71");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TILL_TEST(what_was_charged_is_counted),
        TILL_TEST(a_list_answered_in_part),
        TILL_TEST(an_order_id_belongs_to_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
