#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "secret.h"
#include "text.h"
#include "value.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define COUNT(array) (sizeof(array) / sizeof *(array))

static sluice_error why;

/* The last message has `part` in it. */
static void assert_why(const char *part) {
    if (!strstr(why.text, part))
        fail_msg("'%s' isn't in: %s", part, why.text);
}

static void test_bool(void **state) {
    (void)state;
    uint8_t out = 7;
    assert_true(value_bool(TEXT("true"), &out, &why));
    assert_int_equal(out, 1);
    assert_true(value_bool(TEXT("false"), &out, &why));
    assert_int_equal(out, 0);
    assert_false(value_bool(TEXT("yes"), &out, &why));
    assert_why("'yes' is neither true nor false");
    assert_false(value_bool((sluice_text){NULL, 0}, &out, &why));
}

static void test_int(void **state) {
    (void)state;
    int64_t out;
    assert_true(value_int(TEXT("0042"), &out, &why));
    assert_int_equal(out, 42);
    assert_true(value_int(TEXT("-7"), &out, &why));
    assert_int_equal(out, -7);
    assert_true(value_int(TEXT("9223372036854775807"), &out, &why));
    assert_true(out == INT64_MAX);
    static const char *const bad[] = {
        "", "-", "--1", "1.0", "1e5", " 1", "1 ", "0x10", "9223372036854775808"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(value_int(text_of(bad[i]), &out, &why));
    assert_why("whole number");
}

static void test_duration(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0", 0},       {"250ms", 250},  {"15s", 15000},
                {"5m", 300000}, {"2h", 7200000}, {"30d", 2592000000}};
    static const char *const bad[] = {"",    "5",   "5x", "m",     "1.5h",
                                      "-1s", "5 m", "5M", "1h30m", "99999999999999999d"};
    int64_t out;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(value_duration(text_of(good[i].text), &out, &why));
        assert_true(out == good[i].ms);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(value_duration(text_of(bad[i]), &out, &why));
    assert_false(value_duration(TEXT("5x"), &out, &why));
    assert_why("'5x' is no duration; write 250ms, 15s, 5m, 2h or 30d");
}

static void test_size(void **state) {
    (void)state;
    int64_t out;
    assert_true(value_size(TEXT("512"), &out, &why) && out == 512);
    assert_true(value_size(TEXT("64KiB"), &out, &why) && out == 65536);
    assert_true(value_size(TEXT("2MiB"), &out, &why) && out == 2097152);
    assert_true(value_size(TEXT("10MB"), &out, &why) && out == 10000000);
    assert_false(value_size(TEXT("10 MB"), &out, &why));
    assert_false(value_size(TEXT("99999999999GiB"), &out, &why));
    assert_why("is no size");
}

static void test_rate(void **state) {
    (void)state;
    sluice_rate out;
    assert_true(value_rate(TEXT("60/min"), &out, &why));
    assert_true(out.count == 60 && out.per_ms == 60000);
    assert_true(value_rate(TEXT("5/s"), &out, &why));
    assert_true(out.count == 5 && out.per_ms == 1000);
    assert_true(value_rate(TEXT("1000/h"), &out, &why));
    assert_true(out.count == 1000 && out.per_ms == 3600000);
    assert_true(value_rate(TEXT("none"), &out, &why));
    assert_true(out.count == 0);
    static const char *const bad[] = {"", "60", "0/s", "60/", "/s", "60/week", "-1/s", "None"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(value_rate(text_of(bad[i]), &out, &why));
    assert_why("or none for no limit");
}

static void test_url(void **state) {
    (void)state;
    static const char *const good[] = {"https://imei.example",   "https://imei.example:8443/api?x=1",
                                       "http://127.0.0.1:5000",  "http://localhost/",
                                       "http://[::1]:80",        "HTTPS://IMEI.example",
                                       "https://[2001:db8::1]/", "http://127.8.8.8"};
    static const char *const bad[] = {"",
                                      "imei.example",
                                      "ftp://x",
                                      "https://",
                                      "https:///path",
                                      "https://a b/",
                                      "https://host:0/",
                                      "https://host:65536",
                                      "https://host:8x",
                                      "https://[::1",
                                      "https://[::1]x",
                                      "https://[nope]",
                                      "https://host\\.evil/",
                                      "https://.host",
                                      "https://h/\x7f"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(value_url(text_of(good[i]), &why));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(value_url(text_of(bad[i]), &why));
}

/* A name that only looks like this machine is another machine. */
static void test_url_in_the_clear(void **state) {
    (void)state;
    static const char *const bad[] = {"http://imei.example", "http://127.0.0.1.evil.example",
                                      "http://localhost.evil", "http://127.1", "http://10.0.0.1"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(value_url(text_of(bad[i]), &why));
        assert_why("in the clear");
    }
}

static void test_url_never_repeats_a_password(void **state) {
    (void)state;
    assert_false(value_url(TEXT("ftp://tester:hunter22@imei.example/"), &why));
    assert_null(strstr(why.text, "hunter22"));
    assert_false(value_url(TEXT("https://tester:hunter22@imei.example/"), &why));
    assert_null(strstr(why.text, "hunter22"));
    assert_why("options of their own");
    assert_false(value_url(TEXT("https://tester:hunter/22@imei.example/"), &why));
    assert_null(strstr(why.text, "hunter"));
    assert_why("it is no address; write https://HOST");
}

/* A key where the address belongs. */
static void test_url_never_repeats_a_key(void **state) {
    (void)state;
    assert_false(value_url(TEXT("sb_secret_hunter22"), &why));
    assert_null(strstr(why.text, "hunter22"));
    assert_why("it is no address; write https://HOST");
}

struct config {
    sluice_text text, amount, address;
    int64_t count, wait, room, choice;
    uint8_t flag;
    sluice_rate rate;
    sluice_texts list;
    sluice_pairs pairs;
    sluice_secret secret;
};

static const char *const choices[] = {"luhn", "digits", "any", NULL};

static const sluice_option rows[] = {
    SLUICE_OPT_TEXT(struct config, text, "text", 0, NULL, "", NULL),
    SLUICE_OPT_MONEY(struct config, amount, "amount", 0, NULL, ""),
    SLUICE_OPT_URL(struct config, address, "address", 0, NULL, "", NULL),
    SLUICE_OPT_INT(struct config, count, "count", 0, NULL, 1, 30, "rows", ""),
    SLUICE_OPT_DURATION(struct config, wait, "wait", 0, NULL, 0, 90000, ""),
    SLUICE_OPT_SIZE(struct config, room, "room", 0, NULL, 1024, 1048576, ""),
    SLUICE_OPT_CHOICE(struct config, choice, "choice", 0, NULL, choices, ""),
    SLUICE_OPT_BOOL(struct config, flag, "flag", 0, NULL, ""),
    SLUICE_OPT_RATE(struct config, rate, "rate", 0, NULL, ""),
    SLUICE_OPT_TEXTS(struct config, list, "list", 0, NULL, "", NULL),
    SLUICE_OPT_PAIRS(struct config, pairs, "pairs", 0, "", NULL),
    SLUICE_OPT_SECRET(struct config, secret, "secret", 0, NULL, ""),
};

static const sluice_option *row(const char *name) {
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    fail_msg("no row %s", name);
    return NULL;
}

static void test_store(void **state) {
    (void)state;
    sluice_arena arena = {0};
    struct config config = {0};
    assert_true(value_store(row("text"), TEXT("0123"), &config, &arena, &why));
    assert_true(text_is(config.text, "0123"));
    assert_true(value_store(row("amount"), TEXT("0.50"), &config, &arena, &why));
    assert_true(text_is(config.amount, "0.50"));
    assert_true(value_store(row("address"), TEXT("https://imei.example"), &config, &arena, &why));
    assert_true(text_is(config.address, "https://imei.example"));
    assert_true(value_store(row("count"), TEXT("30"), &config, &arena, &why));
    assert_int_equal(config.count, 30);
    assert_true(value_store(row("wait"), TEXT("90s"), &config, &arena, &why));
    assert_int_equal(config.wait, 90000);
    assert_true(value_store(row("room"), TEXT("1MiB"), &config, &arena, &why));
    assert_int_equal(config.room, 1048576);
    assert_true(value_store(row("choice"), TEXT("digits"), &config, &arena, &why));
    assert_int_equal(config.choice, 1);
    assert_true(value_store(row("flag"), TEXT("true"), &config, &arena, &why));
    assert_int_equal(config.flag, 1);
    assert_true(value_store(row("rate"), TEXT("5/s"), &config, &arena, &why));
    assert_int_equal(config.rate.count, 5);
    assert_true(value_store(row("list"), TEXT("one"), &config, &arena, &why));
    assert_int_equal(config.list.count, 1);
    assert_true(text_is(config.list.items[0], "one"));
    assert_true(value_store(row("secret"), TEXT("hunter22"), &config, &arena, &why));
    assert_true(text_is(secret_value(config.secret), "hunter22"));
    arena_free(&arena);
    secret_forget_all();
}

static void test_store_refuses(void **state) {
    (void)state;
    sluice_arena arena = {0};
    struct config config = {0};
    assert_false(value_store(row("count"), TEXT("31"), &config, &arena, &why));
    assert_why("'31' is out of range; write 1 to 30");
    assert_false(value_store(row("wait"), TEXT("2m"), &config, &arena, &why));
    assert_why("write 0 to 90s");
    assert_false(value_store(row("room"), TEXT("1"), &config, &arena, &why));
    assert_why("write 1KiB to 1MiB");
    assert_false(value_store(row("choice"), TEXT("lhun"), &config, &arena, &why));
    assert_why("'lhun' is not one of luhn, digits or any; did you mean 'luhn'?");
    assert_false(value_store(row("choice"), TEXT("everything"), &config, &arena, &why));
    assert_why("write luhn, digits or any");
    assert_false(value_store(row("amount"), TEXT("$5"), &config, &arena, &why));
    assert_why("is no amount");
    assert_false(value_store(row("pairs"), TEXT("a"), &config, &arena, &why));
    assert_why("is no map");
    sluice_option later = *row("text");
    later.type = 99;
    assert_false(value_store(&later, TEXT("a"), &config, &arena, &why));
    assert_int_equal(why.code, SLUICE_E_PLUGIN);
    arena_free(&arena);
}

/* A message repeats only the beginning of a long value, and never half a character. */
static void test_long_values_are_cut(void **state) {
    (void)state;
    char text[201] = "x";
    int64_t out;
    for (size_t i = 1; i < 200; i += 2)
        memcpy(text + i, "é", 2);
    assert_false(value_int((sluice_text){text, 201}, &out, &why));
    assert_true(strlen(why.text) < 150);
    assert_why("é…' is no whole number");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_url_in_the_clear),
        cmocka_unit_test(test_url_never_repeats_a_password),
        cmocka_unit_test(test_url_never_repeats_a_key),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_store_refuses),
        cmocka_unit_test(test_long_values_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
