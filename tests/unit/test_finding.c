#include "finding.h"

#include "support.h"

#include <stdio.h>
#include "text.h"

static sluice_finding about(const char *code, const char *what) {
    return (sluice_finding){.size = sizeof(sluice_finding), .code = text_of(code), .what = text_of(what)};
}

static void findings_are_kept_in_order_and_told_apart(void **state) {
    (void)state;
    struct findings findings = {0};
    char name[20];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "orders.c%d", i);
        sluice_finding finding = about("column_missing", name);
        findings_add(&findings, &finding);
    }
    sluice_finding known = about("column_missing", "orders.c7"), other = about("index_missing", "orders.c7");
    assert_int_equal(findings.count, 40);
    assert_false(findings.failed);
    assert_memory_equal(findings.items[39].what.ptr, "orders.c39", 10);
    assert_null(findings.items[39].remedy.ptr);
    assert_true(findings_have(&findings, &known));
    assert_false(findings_have(&findings, &other));
    findings_free(&findings);
}

static void control_characters_become_spaces(void **state) {
    (void)state;
    struct findings findings = {0};
    sluice_finding finding = about("policy", "a\033[31m\nb\177");
    findings_add(&findings, &finding);
    assert_memory_equal(findings.items[0].what.ptr, "a [31m b ", 9);
    findings_free(&findings);
}

/* A plugin that was built when a finding had fewer members. */
static void only_the_members_that_it_has_are_read(void **state) {
    (void)state;
    struct findings findings = {0};
    sluice_finding finding = about("code", "what");
    finding.remedy = TEXT("from beyond its size");
    finding.size = offsetof(sluice_finding, remedy);
    findings_add(&findings, &finding);
    assert_null(findings.items[0].remedy.ptr);
    findings_free(&findings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_kept_in_order_and_told_apart),
        cmocka_unit_test(control_characters_become_spaces),
        cmocka_unit_test(only_the_members_that_it_has_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
