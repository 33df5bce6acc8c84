#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"
#include "zone_rule.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void what_is_no_rule(void **state) {
    static const char *const wrong[] = {"",
                                        "CET",
                                        "-1",
                                        "CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0/",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0 ",
                                        "CET-1CEST,J0,J366",
                                        "CET-1CEST,0,366",
                                        "<+01-1",
                                        "CET-200",
                                        "CET-1:60",
                                        "CET-1CEST,M3.5.0/168,M10.5.0"};
    struct zone_rule rule;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (zone_rule_parse(text_of(wrong[i]), &rule))
            fail_msg("taken for a rule: %s", wrong[i]);
    assert_false(zone_rule_parse((sluice_text){"CET-1", 4}, &rule)); /* cut off */
}

/* Over ten years, every half hour and a bit, as the C library understands the same text. */
static void rules_are_understood_as_the_system_does(void **state) {
    static const char *const rules[] = {"UTC0",
                                        "CET-1CEST,M3.5.0,M10.5.0/3",
                                        "EST5EDT,M3.2.0,M11.1.0",
                                        "AEST-10AEDT,M10.1.0,M4.1.0/3",
                                        "<+0330>-3:30",
                                        "<+0545>-5:45",
                                        "IST-1GMT0,M10.5.0,M3.5.0/1",
                                        "NST3:30NDT,M3.2.0,M11.1.0",
                                        "EET-2EEST,M3.4.4/50,M10.4.4/50",
                                        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                                        "AAA3BBB,J60,J300",
                                        "AAA3BBB,59/1,299/1:30:15"};
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct zone_rule rule;
        assert_true(zone_rule_parse(text_of(rules[i]), &rule));
        setenv("TZ", rules[i], 1);
        tzset();
        for (time_t at = 1700000000; at < 2000000000; at += 1801) {
            struct tm local;
            localtime_r(&at, &local);
            if (zone_rule_offset(&rule, at) != local.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", rules[i], (long long)at, zone_rule_offset(&rule, at),
                         local.tm_gmtoff);
        }
    }
    unsetenv("TZ");
    tzset();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_rule),
        cmocka_unit_test(rules_are_understood_as_the_system_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
