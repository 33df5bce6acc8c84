#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "log.h"
#include "secret.h"
#include "text.h"

static struct sluice_self self;
static sluice_error error;
static char dir[64];

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    self = (struct sluice_self){.place = "sinks[0] x"};
    error = (sluice_error)ERROR_INIT;
    support_dir(dir);
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(&self.arena);
    secret_forget_all();
    support_remove(dir);
    return 0;
}

static const sluice_host *host(void) {
    return host_table();
}

/* ---- the table -------------------------------------------------------------------------------- */

static void the_table_says_how_large_it_is(void **state) {
    (void)state;
    assert_int_equal(host()->size, sizeof(sluice_host));
    assert_int_equal(host()->abi_minor, SLUICE_ABI_MINOR);
    assert_true(strlen(host()->version) > 0);
}

static void what_makes_no_sense_in_a_pipeline_is_null(void **state) {
    (void)state;
    assert_null((const void *)host()->charged);
    assert_null((const void *)host()->flag);
    assert_null((const void *)host()->remember);
    assert_null((const void *)host()->recall);
    assert_null((const void *)host()->recall_all);
}

static void a_log_line_has_the_place(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    support_capture(2);
    host()->log(&self, SLUICE_LOG_WARN, "%d rows", 3);
    host()->log(NULL, SLUICE_LOG_WARN, "nobody");
    char *got = support_captured(2);
    assert_string_equal(got, "sluice: warning: sinks[0] x: 3 rows\nsluice: warning: nobody\n");
    free(got);
}

static void the_clock_is_the_walls(void **state) {
    int64_t before = (int64_t)time(NULL) * 1000, now = host()->now_ms();
    (void)state;
    assert_in_range(now, before, before + 60000);
}

static void a_failure_is_written_and_returned(void **state) {
    (void)state;
    assert_int_equal(host()->fail(&error, SLUICE_E_DATA, "row %d", 7), SLUICE_E_DATA);
    assert_string_equal(error.text, "row 7");
}

static void whether_the_pipeline_spends(void **state) {
    (void)state;
    assert_int_equal(host()->spends(&self), 0);
    self.spends = true;
    assert_int_equal(host()->spends(&self), 1);
}

/* ---- text ------------------------------------------------------------------------------------- */

static void check_nfkc(const char *in, const char *expected) {
    sluice_arena arena = {0};
    sluice_text out;
    assert_int_equal(host()->nfkc(&arena, text_of(in), &out, &error), 0);
    assert_true(text_is(out, expected));
    arena_free(&arena);
}

static void text_gets_its_compatible_form(void **state) {
    sluice_text out;
    (void)state;
    check_nfkc("\xef\xbc\x93\xef\xbc\x95", "35"); /* full-width digits */
    check_nfkc("e\xcc\x81", "\xc3\xa9");          /* combined */
    check_nfkc("a\xc2\xa0z", "a z");              /* a non-breaking space */
    check_nfkc("\xef\xac\x81", "fi");             /* a ligature */
    check_nfkc("", "");
    const char *plain = "001001001234563";
    assert_int_equal(host()->nfkc(NULL, text_of(plain), &out, &error), 0);
    assert_ptr_equal(out.ptr, plain); /* nothing changes, nothing is copied */
    assert_int_equal(host()->nfkc(NULL, (sluice_text){NULL, 0}, &out, &error), 0);
    assert_null(out.ptr);
}

static void what_is_no_utf8_is_refused(void **state) {
    static const char *const cases[] = {"a\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf"};
    sluice_arena arena = {0};
    sluice_text out;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(host()->nfkc(&arena, text_of(cases[i]), &out, &error), SLUICE_E_DATA);
    arena_free(&arena);
}

static void *normalise(void *user) {
    sluice_arena arena = {0};
    sluice_text out;
    sluice_error e = ERROR_INIT;
    uint8_t digest[32];
    for (int i = 0; i < 200; i++)
        if (host()->nfkc(&arena, TEXT("\xef\xbc\x93"), &out, &e) || !text_is(out, "3") ||
            host()->hmac(&self, *(const sluice_secret *)user, TEXT("x"), digest, &e))
            abort();
    arena_free(&arena);
    return NULL;
}

/* The first one loads the library. */
static void threads_normalise_together(void **state) {
    pthread_t threads[4];
    sluice_secret key = secret_keep(TEXT("key of several"));
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, normalise, &key), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void a_text_is_signed(void **state) {
    /* RFC 4231, test case 2 */
    static const uint8_t expected[32] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
                                         0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
                                         0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
    uint8_t out[32];
    (void)state;
    sluice_secret key = secret_keep(TEXT("Jefe"));
    assert_int_equal(host()->hmac(&self, key, TEXT("what do ya want for nothing?"), out, &error), 0);
    assert_memory_equal(out, expected, 32);
    assert_int_equal(host()->hmac(&self, (sluice_secret){0}, TEXT("x"), out, &error), SLUICE_E_CONFIG);
}

/* ---- input ------------------------------------------------------------------------------------ */

static void input_is_opened_by_its_path(void **state) {
    struct inputs inputs = {0};
    char path[256], got[4];
    int32_t fd = -1;
    (void)state;
    self.inputs = &inputs;
    support_write(support_path(path, dir, "a"), "abc", 3);
    char longer[300];
    snprintf(longer, sizeof longer, "%sXYZ", path); /* not terminated where the view ends */
    assert_int_equal(host()->open_input(&self, (sluice_text){longer, strlen(path)}, &fd, &error), 0);
    assert_int_equal(read(fd, got, 4), 3);
    close(fd);
    inputs_free(&inputs);
}

static void a_path_that_is_none_is_refused(void **state) {
    struct inputs inputs = {0};
    int32_t fd = -1;
    char *huge = calloc(1, 5000);
    (void)state;
    self.inputs = &inputs;
    memset(huge, 'x', 5000);
    assert_int_equal(host()->open_input(&self, (sluice_text){NULL, 0}, &fd, &error), SLUICE_E_NOINPUT);
    assert_non_null(strstr(error.text, "empty"));
    assert_int_equal(host()->open_input(&self, TEXT(""), &fd, &error), SLUICE_E_NOINPUT);
    assert_int_equal(host()->open_input(&self, (sluice_text){"a\0b", 3}, &fd, &error), SLUICE_E_NOINPUT);
    assert_int_equal(host()->open_input(&self, (sluice_text){huge, 5000}, &fd, &error), SLUICE_E_NOINPUT);
    assert_int_equal(fd, -1);
    free(huge);
}

/* ---- the endpoint ----------------------------------------------------------------------------- */

static sluice_endpoint endpoint_of(const char *url) {
    return (sluice_endpoint){
        .size = sizeof(sluice_endpoint), .base_url = text_of(url), .provider = TEXT("shop")};
}

static void an_endpoint_is_copied_and_completed(void **state) {
    char url[] = "https://provider.test/api", user[] = "tester";
    sluice_endpoint endpoint = endpoint_of(url);
    (void)state;
    endpoint.user = text_of(user);
    assert_int_equal(host()->endpoint(&self, &endpoint, &error), 0);
    memset(url, '?', 5);
    memset(user, '?', 5);
    assert_true(self.has_endpoint);
    assert_true(text_is(self.endpoint.base_url, "https://provider.test/api"));
    assert_true(text_is(self.endpoint.user, "tester"));
    assert_null(self.endpoint.account.ptr);
    assert_int_equal(self.endpoint.list, 1);
    assert_true(self.endpoint.reply_limit > 0);
}

/* A plugin of an earlier minor version knows fewer members: what lies behind isn't read. */
static void a_shorter_endpoint_is_completed(void **state) {
    sluice_endpoint endpoint = endpoint_of("https://provider.test");
    (void)state;
    endpoint.reply_limit = 7;
    endpoint.size = offsetof(sluice_endpoint, reply_limit);
    assert_int_equal(host()->endpoint(&self, &endpoint, &error), 0);
    assert_int_not_equal(self.endpoint.reply_limit, 7);
}

static void check_endpoint_refused(sluice_endpoint endpoint, int code) {
    assert_int_equal(host()->endpoint(&self, &endpoint, &error), code);
    assert_false(self.has_endpoint);
    assert_true(error.text[0] != 0);
}

static void an_endpoint_that_cannot_be_used_is_refused(void **state) {
    sluice_endpoint endpoint = endpoint_of("https://provider.test");
    (void)state;
    endpoint.list = 1001;
    check_endpoint_refused(endpoint, SLUICE_E_CONFIG);
    check_endpoint_refused(endpoint_of(NULL), SLUICE_E_PLUGIN);
    endpoint = endpoint_of("https://provider.test");
    endpoint.provider = (sluice_text){NULL, 0};
    check_endpoint_refused(endpoint, SLUICE_E_PLUGIN);
    /* Whatever the plugin took for an address: credentials don't travel in the clear. */
    check_endpoint_refused(endpoint_of("http://provider.test"), SLUICE_E_CONFIG);
    check_endpoint_refused(endpoint_of("ftp://provider.test"), SLUICE_E_CONFIG);
    check_endpoint_refused(endpoint_of("https://user:tiger@provider.test"), SLUICE_E_CONFIG);
    assert_null(strstr(error.text, "tiger"));
}

/* ---- opening ---------------------------------------------------------------------------------- */

static int32_t answer;
static int closed;

static int32_t open_it(const sluice_host *table, sluice_self *own, const void *config, void **instance,
                       sluice_error *e) {
    assert_ptr_equal(table, host_table());
    assert_string_equal(own->place, "the place");
    *instance = (void *)config;
    return answer == SLUICE_E_CONFIG ? table->fail(e, answer, "not like this") : answer;
}

static void close_it(void *instance) {
    assert_string_equal(instance, "the config");
    closed++;
}

static const sluice_component component = {
    .size = sizeof component, .kind = SLUICE_SINK, .open = open_it, .close = close_it};

static int try_open(struct instance *instance, int32_t with) {
    answer = with;
    error = (sluice_error)ERROR_INIT;
    return instance_open(instance, &component, "the config", "the place", NULL, true, &error);
}

static void an_instance_is_opened_and_closed(void **state) {
    struct instance instance;
    (void)state;
    closed = 0;
    assert_int_equal(try_open(&instance, 0), 0);
    assert_string_equal(instance.handle, "the config");
    assert_true(instance.self.spends);
    instance_close(&instance);
    instance_close(&instance);
    assert_int_equal(closed, 1);
}

static void an_instance_adds_fields_of_its_own(void **state) {
    static const char *const adds[] = {"order_id", "status", NULL};
    const sluice_text more[] = {TEXT("battery"), TEXT("colour")};
    struct sluice_self own = {.type = &(const sluice_component){.adds = adds}};
    (void)state;
    assert_int_equal(host_table()->adds(&own, more, 2, &error), 0);
    assert_int_equal(own.adds_count, 4);
    assert_true(text_is(own.adds[1], "status"));
    assert_true(text_is(own.adds[3], "colour"));
    assert_ptr_not_equal(own.adds[3].ptr, more[1].ptr);
    assert_int_equal(host_table()->adds(&own, more, INSTANCE_ADDS, &error), SLUICE_E_CONFIG);
    arena_free(&own.arena);
}

static void a_secret_is_revealed_and_compared(void **state) {
    sluice_secret secret = secret_keep(TEXT("tiger"));
    char value[8];
    (void)state;
    assert_int_equal(host_table()->reveal(secret, value, 6, &error), 0);
    assert_string_equal(value, "tiger");
    assert_int_equal(host_table()->reveal(secret, value, 5, &error), SLUICE_E_CONFIG);
    assert_int_equal(host_table()->reveal((sluice_secret){0}, value, sizeof value, &error), 1);
    assert_true(host_table()->secret_matches(secret, TEXT("tiger")));
    assert_false(host_table()->secret_matches(secret, TEXT("tigeR")));
    assert_false(host_table()->secret_matches(secret, TEXT("tigertiger")));
    assert_false(host_table()->secret_matches(secret, TEXT("")));
    assert_false(host_table()->secret_matches((sluice_secret){0}, TEXT("")));
    secret_forget_all();
}

static void one_that_does_not_open_is_not_closed(void **state) {
    struct instance instance;
    (void)state;
    closed = 0;
    assert_int_equal(try_open(&instance, SLUICE_E_CONFIG), SLUICE_E_CONFIG);
    assert_string_equal(error.text, "not like this");
    instance_close(&instance);
    assert_int_equal(try_open(&instance, SLUICE_E_IO), SLUICE_E_IO);
    assert_non_null(strstr(error.text, "open()"));
    assert_int_equal(try_open(&instance, 4), SLUICE_E_PLUGIN);
    assert_int_equal(closed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_table_says_how_large_it_is),
        TEST(what_makes_no_sense_in_a_pipeline_is_null),
        TEST(a_log_line_has_the_place),
        TEST(the_clock_is_the_walls),
        TEST(a_failure_is_written_and_returned),
        TEST(whether_the_pipeline_spends),
        TEST(threads_normalise_together),
        TEST(text_gets_its_compatible_form),
        TEST(what_is_no_utf8_is_refused),
        TEST(a_text_is_signed),
        TEST(input_is_opened_by_its_path),
        TEST(a_path_that_is_none_is_refused),
        TEST(an_endpoint_is_copied_and_completed),
        TEST(a_shorter_endpoint_is_completed),
        TEST(an_endpoint_that_cannot_be_used_is_refused),
        TEST(an_instance_is_opened_and_closed),
        TEST(an_instance_adds_fields_of_its_own),
        TEST(a_secret_is_revealed_and_compared),
        TEST(one_that_does_not_open_is_not_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
