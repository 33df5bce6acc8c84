#include "support.h"

#include <stdio.h>
#include <string.h>

#include "logged_out.h"
#include "text.h"

static char room[64], file[96], found[256];
static const char *dir;
static sluice_error error = ERROR_INIT;

static int set_up(void **state) {
    (void)state;
    dir = support_dir(room);
    snprintf(file, sizeof file, "%s/logged_out", dir);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    support_remove(dir);
    return 0;
}

static int note(void *user, sluice_text key, int64_t at_ms) {
    size_t used = strlen(found);
    snprintf(found + used, sizeof found - used, "%.*s;", TEXT_ARG(key));
    return at_ms <= 0 || user;
}

static const char *all(const char *pipeline, const char *stop) {
    found[0] = 0;
    assert_int_equal(logged_out_each(dir, text_of(pipeline), note, (void *)(uintptr_t)stop, &error), 0);
    return found;
}

static int add(const char *pipeline, const char *key) {
    return logged_out_add(dir, text_of(pipeline), text_of(key), &error);
}

static void write_file(const char *mode, const char *text) {
    FILE *out = fopen(file, mode);
    fputs(text, out);
    fclose(out);
}

static void each_pipeline_has_its_own(void **state) {
    (void)state;
    assert_string_equal(all("web", NULL), "");
    assert_int_equal(add("web", "one"), 0);
    assert_int_equal(add("our web", "two"), 0);
    assert_int_equal(add("web", "three"), 0);
    assert_string_equal(all("web", NULL), "one;three;");
    assert_string_equal(all("our web", NULL), "two;");
    assert_string_equal(all("web", "enough"), "one;");
}

static void what_a_crash_cut_off_spoils_nothing(void **state) {
    (void)state;
    assert_int_equal(add("web", "one"), 0);
    write_file("a", "\n17959");
    assert_int_equal(add("web", "two"), 0);
    assert_string_equal(all("web", NULL), "one;two;");
}

static void what_is_old_is_forgotten(void **state) {
    (void)state;
    write_file("w", "1 old web\n");
    assert_string_equal(all("web", NULL), "");
    assert_int_equal(add("web", "one"), 0);
    char line[64] = "";
    FILE *in = fopen(file, "r");
    assert_non_null(fgets(line, sizeof line, in)); /* the empty one */
    assert_non_null(fgets(line, sizeof line, in));
    fclose(in);
    assert_null(strstr(line, "old"));
    assert_string_equal(all("web", NULL), "one;");
}

static void a_key_is_letters_and_digits(void **state) {
    (void)state;
    assert_int_equal(add("web", ""), SLUICE_E_PLUGIN);
    assert_int_equal(add("web", "a b"), SLUICE_E_PLUGIN);
    assert_int_equal(add("web", "a\nb"), SLUICE_E_PLUGIN);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_pipeline_has_its_own),
        TEST(what_a_crash_cut_off_spoils_nothing),
        TEST(what_is_old_is_forgotten),
        TEST(a_key_is_letters_and_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
