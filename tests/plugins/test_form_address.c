/* Where a form listens, and by which names it may be called. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <sluice/text.h>

#include "form/address.h"
#include "form_host.h"

#include <cmocka.h>

static sluice_error error = {.size = sizeof error};

static struct names named(const char *listen, const char *public_url, bool tls) {
    struct names names = {.tls = tls};
    assert_int_equal(address_parse(&form_host, text_of(listen), &names.listen, &error), 0);
    if (public_url)
        assert_int_equal(names_public(&form_host, text_of(public_url), &names, &error), 0);
    return names;
}

static bool host(const struct names *names, const char *name) {
    return names_host(names, text_of(name));
}

static bool origin(const struct names *names, const char *name) {
    return names_origin(names, text_of(name));
}

static void addresses(void **state) {
    static const char *const bad[] = {"",
                                      "5001",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      "example.com:80",
                                      "::1:80",
                                      "[::1]",
                                      "[::g]:1",
                                      "127.0.0.1:1x",
                                      "[]:1",
                                      "1:2:3"};
    struct address address;
    (void)state;
    assert_int_equal(address_parse(&form_host, TEXT("127.0.0.1:5001"), &address, &error), 0);
    assert_true(address.loopback && !address.wildcard && address.port == 5001);
    assert_int_equal(address_parse(&form_host, TEXT("localhost:0"), &address, &error), 0);
    assert_string_equal(address.name, "127.0.0.1");
    assert_int_equal(address_parse(&form_host, TEXT("[::1]:80"), &address, &error), 0);
    assert_true(address.loopback);
    assert_int_equal(address_parse(&form_host, TEXT("0.0.0.0:80"), &address, &error), 0);
    assert_true(address.wildcard && !address.loopback);
    assert_int_equal(address_parse(&form_host, TEXT("192.0.2.7:80"), &address, &error), 0);
    assert_false(address.wildcard || address.loopback);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(address_parse(&form_host, text_of(bad[i]), &address, &error), SLUICE_E_CONFIG);
    assert_int_equal(address_parse(&form_host, (sluice_text){"127.0.0.1\0:80", 13}, &address, &error),
                     SLUICE_E_CONFIG);
}

static void this_machine(void **state) {
    struct names names = named("127.0.0.1:5001", NULL, false);
    (void)state;
    assert_true(host(&names, "127.0.0.1:5001"));
    assert_true(host(&names, "localhost:5001"));
    assert_true(host(&names, "LOCALHOST:5001"));
    assert_true(host(&names, "[::1]:5001"));
    assert_false(host(&names, "127.0.0.1"));
    assert_false(host(&names, "127.0.0.1:5002"));
    assert_false(host(&names, "localhost.evil.example:5001"));
    assert_false(host(&names, "evil.example:5001"));
    assert_false(host(&names, ""));
    assert_true(origin(&names, "http://localhost:5001"));
    assert_false(origin(&names, "https://localhost:5001"));
    assert_false(origin(&names, "http://localhost:5001/"));
    assert_false(origin(&names, "null"));
    assert_false(origin(&names, ""));
}

static void usual_ports_are_left_out(void **state) {
    struct names plain = named("127.0.0.1:80", NULL, false), tls = named("192.0.2.7:443", NULL, true);
    (void)state;
    assert_true(host(&plain, "localhost") && host(&plain, "localhost:80"));
    assert_true(host(&tls, "192.0.2.7") && host(&tls, "192.0.2.7:443"));
    assert_false(host(&tls, "localhost"));
    assert_true(origin(&tls, "https://192.0.2.7"));
    assert_false(origin(&tls, "http://192.0.2.7"));
}

static void behind_a_proxy(void **state) {
    struct names names = named("127.0.0.1:5001", "https://orders.example.com/", false);
    (void)state;
    assert_true(host(&names, "orders.example.com"));
    assert_true(host(&names, "Orders.Example.com:443"));
    assert_true(host(&names, "127.0.0.1:5001")); /* what a proxy says that doesn't pass the name on */
    assert_false(host(&names, "orders.example.com:80"));
    assert_false(host(&names, "xorders.example.com"));
    assert_true(origin(&names, "https://orders.example.com"));
    assert_false(origin(&names, "http://orders.example.com"));
    names = named("0.0.0.0:5001", "https://orders.example.com:8443", false);
    assert_true(host(&names, "orders.example.com:8443"));
    assert_false(host(&names, "orders.example.com"));
    assert_false(host(&names, "0.0.0.0:5001"));
}

static void public_names_have_no_path(void **state) {
    struct names names = {.tls = false};
    (void)state;
    assert_int_equal(names_public(&form_host, TEXT("https://a.example/x"), &names, &error), SLUICE_E_CONFIG);
    assert_int_equal(names_public(&form_host, TEXT("https://"), &names, &error), SLUICE_E_CONFIG);
    assert_int_equal(names_public(&form_host, TEXT("a.example"), &names, &error), SLUICE_E_CONFIG);
    assert_int_equal(names_public(&form_host, TEXT("httpbin.example"), &names, &error), SLUICE_E_CONFIG);
    assert_int_equal(names_public(&form_host, TEXT("https://user@a.example"), &names, &error),
                     SLUICE_E_CONFIG);
}

static void who_asks(void **state) {
    static const char *const same[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:4711", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::"},
        {"[2001:db8::2]:80", "2001:db8::"},
        {"[2001:db8::2]", "2001:db8::"},
        {"2001:db8:0:0:ffff::", "2001:db8::"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"[::ffff:192.0.2.7]:1", "192.0.2.7"},
        {"2001:db8:0:1::", "2001:db8:0:1::"},
        {"unknown", "unknown"},
        {"_hidden", "_hidden"},
        {"[", ""},
    };
    char room[80], many[200];
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(text_is(address_of_text(text_of(same[i][0]), room, sizeof room), same[i][1]));
    memset(many, 'x', sizeof many);
    assert_int_equal(address_of_text((sluice_text){many, sizeof many}, room, sizeof room).len, 79);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),      cmocka_unit_test(who_asks),
        cmocka_unit_test(this_machine),   cmocka_unit_test(usual_ports_are_left_out),
        cmocka_unit_test(behind_a_proxy), cmocka_unit_test(public_names_have_no_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
