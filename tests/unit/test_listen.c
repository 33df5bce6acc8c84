#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "listen.h"

static void addresses_are_read(void **state) {
    static const struct {
        const char *text, *host;
        unsigned port;
        bool loopback;
    } table[] = {
        {"127.0.0.1:9090", "127.0.0.1", 9090, true},
        {"localhost:0", "127.0.0.1", 0, true},
        {":8080", "127.0.0.1", 8080, true},
        {"[::1]:65535", "::1", 65535, true},
        {"127.1.2.3:1", "127.1.2.3", 1, true},
        {"0.0.0.0:80", "0.0.0.0", 80, false},
        {"[::]:80", "::", 80, false},
        {"192.0.2.1:80", "192.0.2.1", 80, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct listen_address address;
        assert_int_equal(listen_parse(table[i].text, &address, NULL), 0);
        assert_string_equal(address.host, table[i].host);
        assert_int_equal(address.port, table[i].port);
        assert_int_equal(address.loopback, table[i].loopback);
    }
}

static void what_is_no_address_is_refused(void **state) {
    static const char *const wrong[] = {"",
                                        "9090",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:-1",
                                        "example.org:80",
                                        "::1:80",
                                        "[::1:80",
                                        "256.0.0.1:80",
                                        "127.0.0.1:80a"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct listen_address address;
        sluice_error error = ERROR_INIT;
        assert_int_equal(listen_parse(wrong[i], &address, &error), SLUICE_E_USAGE);
        assert_non_null(strstr(error.text, "is no address"));
    }
}

static void port_0_is_any_and_the_real_one_is_said(void **state) {
    struct listen_address address;
    char url[96], expected[96];
    int fd, second;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(listen_parse("127.0.0.1:0", &address, &error), 0);
    assert_int_equal(listen_open(&address, &fd, url, &error), 0);
    unsigned port = 0;
    assert_int_equal(sscanf(url, "http://127.0.0.1:%u", &port), 1);
    assert_true(port > 0);
    address.port = (uint16_t)port;
    assert_int_equal(listen_open(&address, &second, expected, &error), SLUICE_E_CANTCREAT);
    assert_int_equal(second, -1);
    assert_non_null(strstr(error.text, "can't be listened on"));
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(port_0_is_any_and_the_real_one_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
