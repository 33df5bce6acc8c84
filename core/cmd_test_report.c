#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd_test.h"
#include "escape.h"
#include "json.h"
#include "printable.h"
#include "secret.h"
#include "text.h"

static const char *name_of(const struct test_entry *entry) {
    return entry->test ? entry->test->name : "the file";
}

size_t test_failures(const struct test_suite *suite) {
    size_t failures = 0;
    for (size_t i = 0; i < suite->count; i++)
        failures += suite->entries[i].over && !suite->entries[i].passed;
    return failures;
}

/* ---- for people ------------------------------------------------------------------------------------------
 */

static void put_seconds(FILE *out, int64_t us) {
    fprintf(out, "%" PRId64 ".%03" PRId64, us / 1000000, us / 1000 % 1000);
}

/* The details have been made safe for a terminal where they hold what others wrote. */
static void put_details(FILE *out, const char *details) {
    while (*details) {
        size_t length = strcspn(details, "\n");
        fprintf(out, "    %.*s\n", (int)length, details);
        details += length + (details[length] == '\n');
    }
}

void test_report_one(struct test_suite *suite, size_t index) {
    const struct test_entry *entry = &suite->entries[index];
    if (entry->passed && suite->program->quiet)
        return;
    printf("%s %s", entry->passed ? "ok  " : "FAIL", entry->file);
    if (entry->test) {
        printf(":%u: ", entry->test->at.line);
        printable_put(stdout, text_of(entry->test->name));
        fputs(" (", stdout);
        put_seconds(stdout, entry->elapsed_us);
        fputs(" s)", stdout);
    }
    putchar('\n');
    put_details(stdout, entry->details);
    fflush(stdout);
}

void test_report_sum(const struct test_suite *suite) {
    size_t failures = test_failures(suite);
    if (suite->program->quiet)
        return;
    printf("%zu passed, %zu failed", suite->count - failures, failures);
    if (suite->without)
        printf("; %zu file%s without tests", suite->without, suite->without == 1 ? "" : "s");
    putchar('\n');
}

/* ---- for programs ----------------------------------------------------------------------------------------
 */

static void put_entry(struct json *json, const struct test_entry *entry) {
    json_open(json, '{');
    json_key(json, "file");
    json_string(json, entry->file);
    json_key(json, "name");
    json_string(json, name_of(entry));
    if (entry->test) {
        json_key(json, "line");
        json_number(json, entry->test->at.line);
    }
    json_key(json, "passed");
    json_bool(json, entry->passed);
    json_key(json, "elapsed_ms");
    json_number(json, entry->elapsed_us / 1000);
    json_key(json, "details");
    json_string(json, entry->details);
    json_close(json, '}');
}

void test_report_json(const struct test_suite *suite) {
    struct json json = {0};
    size_t failures = test_failures(suite);
    json_open(&json, '{');
    json_key(&json, "passed");
    json_number(&json, (int64_t)(suite->count - failures));
    json_key(&json, "failed");
    json_number(&json, (int64_t)failures);
    json_key(&json, "tests");
    json_open(&json, '[');
    for (size_t i = 0; i < suite->count; i++)
        put_entry(&json, &suite->entries[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
}

/* What XML can't hold becomes '?'; the rest is escaped. */
static void put_xml(FILE *out, const char *text) {
    char escaped[ESCAPE_MOST];
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 && byte != '\n' && byte != '\t')
            byte = '?';
        fwrite(escaped, 1, escape_byte(ESCAPE_XML, byte, escaped), out);
    }
}

static void put_case(FILE *out, const struct test_entry *entry) {
    fputs("    <testcase classname=\"", out);
    put_xml(out, entry->file);
    fputs("\" name=\"", out);
    put_xml(out, name_of(entry));
    fputs("\" time=\"", out);
    put_seconds(out, entry->elapsed_us);
    if (entry->passed) {
        fputs("\"/>\n", out);
        return;
    }
    fputs(entry->test ? "\">\n      <failure message=\"" : "\">\n      <error message=\"", out);
    char first[200];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(entry->details, "\n"), entry->details);
    first[text_cut(text_of(first), sizeof first - 4).len] = 0;
    put_xml(out, first);
    fputs("\">", out);
    put_xml(out, entry->details);
    fputs(entry->test ? "</failure>\n    </testcase>\n" : "</error>\n    </testcase>\n", out);
}

/* Those of one file, which stand together; returns the first of the next one. */
static size_t put_file(FILE *out, const struct test_suite *suite, size_t first) {
    const char *file = suite->entries[first].file;
    size_t end = first, failures = 0, errors = 0;
    int64_t elapsed_us = 0;
    for (; end < suite->count && strcmp(suite->entries[end].file, file) == 0; end++) {
        const struct test_entry *entry = &suite->entries[end];
        failures += !entry->passed && entry->test;
        errors += !entry->passed && !entry->test;
        elapsed_us += entry->elapsed_us;
    }
    fputs("  <testsuite name=\"", out);
    put_xml(out, file);
    fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"", end - first, failures, errors);
    put_seconds(out, elapsed_us);
    fputs("\">\n", out);
    for (size_t i = first; i < end; i++)
        put_case(out, &suite->entries[i]);
    fputs("  </testsuite>\n", out);
    return end;
}

int test_report_junit(const struct test_suite *suite, const char *path, sluice_error *error) {
    FILE *out = fopen(path, "we");
    if (!out)
        return fail(error, SLUICE_E_CANTCREAT, "--junit: %s: %s", path, strerror(errno));
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" failures=\"%zu\">\n",
            suite->count, test_failures(suite));
    for (size_t i = 0; i < suite->count;)
        i = put_file(out, suite, i);
    fputs("</testsuites>\n", out);
    bool bad = ferror(out) != 0;
    bad |= fclose(out) != 0;
    return bad ? fail(error, SLUICE_E_IO, "--junit: %s: %s", path, strerror(errno)) : 0;
}
