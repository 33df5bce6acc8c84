#include <stdio.h>
#include <string.h>

#include "support.h"

#include "catalogue.h"
#include "client.h"
#include "log.h"
#include "shop.h"
#include "text.h"

static struct shop shop;
static sluice_component streaming;
static struct instance instance;
static struct client client;
static sluice_error error;
static unsigned broken;   /* replies that break off midway before a whole one */
static const char *whole; /* the body of that one */

/* The first line of the reply, and the end of the connection where the rest should be. */
static enum http_then break_off(const struct http_seen *seen) {
    char reply[400];
    if (broken == 0) {
        http_server_reply(seen->fd, "200 OK", "", whole);
        return HTTP_KEEP;
    }
    broken--;
    int line = (int)strcspn(whole, "\n") + 1;
    int length = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s",
                          strlen(whole), line, whole);
    http_server_write(seen->fd, reply, (size_t)length);
    return HTTP_CLOSE;
}

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    shop = (struct shop){.http.answer = break_off, .list = 1};
    http_server_start(&shop.http);
    error = (sluice_error)ERROR_INIT;
    broken = 0;
    return 0;
}

static int end(void **state) {
    (void)state;
    client_close(&client);
    instance_close(&instance);
    http_server_stop(&shop.http);
    return 0;
}

static void open_client(const sluice_component *component) {
    static const struct limits limits = {.concurrency = 1, .connect_ms = 5000, .timeout_ms = 20000};
    streaming = *component;
    streaming.flags |= SLUICE_STREAMS;
    assert_int_equal(instance_open(&instance, &streaming, &shop, "actions[0] shop", NULL, true, &error), 0);
    assert_int_equal(client_open(&client, &instance, &limits, NULL, &error), 0);
}

static void a_catalogue_that_broke_off_is_fetched_again_and_listed_once(void **state) {
    struct catalogue catalogue;
    (void)state;
    whole = "service 1739 0.50 A check\nservice 1740 0.08 Another\n";
    broken = 1;
    open_client(&shop_place);
    assert_int_equal(catalogue_fetch(&catalogue, &client, &error), 0);
    assert_int_equal(atomic_load(&shop.http.requests), 2);
    assert_int_equal(catalogue.count, 2);
    assert_non_null(catalogue_find(&catalogue, TEXT("1739")));
    assert_int_equal(catalogue_find(&catalogue, TEXT("1740"))->index, 1);
    catalogue_free(&catalogue);
}

struct records {
    unsigned count, most;
};

static void on_record(void *user, const sluice_text *values) {
    (void)values;
    ((struct records *)user)->count++;
}

static bool on_enough(void *user) {
    const struct records *records = user;
    return records->most && records->count >= records->most;
}

static void records_of_a_page_that_broke_off_do_not_come_twice(void **state) {
    struct records records = {0};
    const struct call_results results = {.record = on_record, .user = &records};
    (void)state;
    whole = "record 1|2\nrecord 3|4\n";
    broken = 1;
    open_client(&shop_pages);
    assert_int_equal(client_run(&client, SLUICE_OP_PAGE, &results, &error), SLUICE_E_UNAVAILABLE);
    assert_int_equal(atomic_load(&shop.http.requests), 1);
    assert_int_equal(records.count, 1);
    assert_non_null(strstr(error.text, "broke off"));
}

static void pages_are_asked_for_until_there_are_enough(void **state) {
    struct records records = {.most = 3};
    const struct call_results results = {.record = on_record, .enough = on_enough, .user = &records};
    (void)state;
    whole = "record 1|2\nrecord 3|4\nmore next\n";
    open_client(&shop_pages);
    assert_int_equal(client_run(&client, SLUICE_OP_PAGE, &results, &error), 0);
    assert_int_equal(atomic_load(&shop.http.requests), 2);
    assert_int_equal(records.count, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_catalogue_that_broke_off_is_fetched_again_and_listed_once, begin,
                                        end),
        cmocka_unit_test_setup_teardown(records_of_a_page_that_broke_off_do_not_come_twice, begin, end),
        cmocka_unit_test_setup_teardown(pages_are_asked_for_until_there_are_enough, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
