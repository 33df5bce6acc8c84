#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "yaml_tree.h"

#include <cmocka.h>

static sluice_arena arena;
static struct diag diag;

static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    diag_free(&diag);
    return 0;
}

static struct yaml_node *parse_bytes(const char *bytes, size_t length) {
    tear_down(NULL);
    return yaml_parse("x.yaml", (sluice_text){bytes, length}, &arena, &diag);
}

static struct yaml_node *parse(const char *text) {
    return parse_bytes(text, strlen(text));
}

/* The first (and, unless others follow from it, only) error is at line:column and has `part` in it. */
static void assert_error(unsigned line, unsigned column, const char *part) {
    assert_true(diag.errors >= 1);
    const struct diag_entry *entry = &diag.entries[0];
    if (entry->at.line != line || entry->at.column != column || !strstr(entry->text, part))
        fail_msg("%u:%u: %s", entry->at.line, entry->at.column, entry->text);
}

static void assert_at(const struct yaml_node *node, unsigned line, unsigned column, unsigned width) {
    assert_int_equal(node->at.line, line);
    assert_int_equal(node->at.column, column);
    assert_int_equal(node->at.width, width);
}

static void test_tree(void **state) {
    (void)state;
    struct yaml_node *root =
        parse("# comment\nname: plâce\nactions:\n  - imei: {}\n  - \"a b\"\n  -\nend: 'it''s'\n");
    assert_non_null(root);
    assert_int_equal(diag.errors, 0);
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 3);
    const struct yaml_node *name = yaml_get(root, "name");
    assert_true(text_is(name->text, "plâce") && name->plain);
    assert_at(name, 2, 7, 5);
    assert_at(name->key, 2, 1, 4);
    const struct yaml_node *actions = yaml_get(root, "actions"), *first = actions->first;
    assert_int_equal(actions->kind, YAML_LIST);
    assert_int_equal(actions->count, 3);
    assert_int_equal(first->kind, YAML_MAP);
    assert_at(first->first->key, 4, 5, 4);
    assert_at(first->next, 5, 5, 5);
    assert_false(first->next->plain);
    assert_true(yaml_is_null(first->next->next));
    assert_true(text_is(yaml_get(root, "end")->text, "it's"));
    assert_null(yaml_get(root, "nam"));
}

/* Types come from the options: nothing is guessed. */
static void test_scalars_stay_text(void **state) {
    (void)state;
    struct yaml_node *root = parse("a: 0123\nb: no\nc: 1e5\nd: ''\ne:\nf: ~\ng: 'null'\n");
    assert_true(text_is(yaml_get(root, "a")->text, "0123"));
    assert_true(text_is(yaml_get(root, "b")->text, "no"));
    assert_true(text_is(yaml_get(root, "c")->text, "1e5"));
    assert_false(yaml_is_null(yaml_get(root, "d")));
    assert_true(yaml_is_null(yaml_get(root, "e")));
    assert_true(yaml_is_null(yaml_get(root, "f")));
    assert_false(yaml_is_null(yaml_get(root, "g")));
}

static void test_line_ends_and_marks(void **state) {
    (void)state;
    struct yaml_node *root = parse("\xef\xbb\xbf"
                                   "a: b\r\nc: d\r\n");
    assert_at(yaml_get(root, "a"), 1, 4, 1);
    assert_at(yaml_get(root, "c"), 2, 4, 1);
}

/* What YAML has and a pipeline doesn't take; the rest of the tree is still there. */
static void test_refused(void **state) {
    (void)state;
    assert_non_null(parse("a: 1\nb: 2\na: 3\n"));
    assert_error(3, 1, "'a' is given twice; the first is in line 1");
    assert_non_null(parse("a: !!int 1\n"));
    assert_error(1, 4, "the tag '!!int' is not taken");
    assert_non_null(parse("a: &x 1\nb: *x\n"));
    assert_error(1, 4, "the anchor '&x' is not taken");
    assert_int_equal(diag.errors, 2);
    assert_int_equal(diag.entries[1].at.line, 2);
    assert_non_null(parse("a: {<<: {b: c}}\n"));
    assert_error(1, 5, "the merge key '<<' is not taken");
    assert_non_null(parse("a: b\n---\nc: d\n"));
    assert_error(2, 1, "a second document begins here");
    assert_non_null(parse("{a: b}: c\n"));
    assert_error(1, 1, "a key is text, not a map");
    assert_non_null(parse("a: \"x\\0y\"\n"));
    assert_error(1, 4, "there is a NUL in this text");
}

/* Each line of a "billion laughs" is refused where it stands; nothing is expanded. */
static void test_alias_bomb(void **state) {
    (void)state;
    assert_non_null(parse("a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n"));
    assert_int_equal(diag.errors, 3 + 9);
}

static void test_bytes(void **state) {
    (void)state;
    assert_null(parse("a: b\nc: d\xe9\n"));
    assert_error(2, 5, "the byte 0xE9 isn't UTF-8");
    assert_null(parse_bytes("a: b\0c\n", 7));
    assert_error(1, 5, "U+0000");
    assert_null(parse("a: \x07\n"));
    assert_error(1, 4, "U+0007");
    assert_null(parse("a: \xc2\x9b\n"));
    assert_error(1, 4, "U+009B");
    assert_null(parse("\xff\xfe"
                      "a"));
    assert_error(1, 1, "UTF-16");
}

static void test_nothing(void **state) {
    (void)state;
    static const char *const empty[] = {"", "\n\n", "# only a comment\n", "---\n", "~\n"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        assert_null(parse(empty[i]));
        assert_error(1, 1, "the file is empty");
    }
}

static void test_depth(void **state) {
    (void)state;
    char text[200] = "";
    for (int i = 0; i < YAML_DEPTH_MOST; i++)
        strcat(text, "[");
    for (int i = 0; i < YAML_DEPTH_MOST; i++)
        strcat(text, "]");
    assert_non_null(parse(text));
    assert_int_equal(diag.errors, 0);
    memmove(text + 1, text, strlen(text) + 1);
    strcat(text, "]");
    assert_null(parse(text));
    assert_error(1, 33, "nested more than 32 deep");
}

static void test_too_many_keys(void **state) {
    (void)state;
    char *text = malloc(20000), *end = text;
    for (int i = 0; i <= YAML_KEYS_MOST; i++)
        end += sprintf(end, "k%d: v\n", i);
    assert_null(parse(text));
    assert_error(YAML_KEYS_MOST + 1, 1, "more than 1000 keys");
    free(text);
}

/* libyaml's errors, each with the place that has to be changed and how. */
static void test_syntax(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
        const char *part;
    } cases[] = {
        {"a:\n\tb: c\n", 2, 1, "a tab can't indent"},
        {"a: b\n\tc: d\n", 2, 1, "a tab can't indent"},
        {"a: {p: ${X}}\n", 1, 8, "${X} needs quotes here"},
        {"a: [b, ${X:-y}]\n", 1, 8, "${X:-y} needs quotes here"},
        {"a: {p: pre${X}}\n", 1, 11, "${X} needs quotes here"},
        {"a: ${X:-b: c}\n", 1, 4, "${X:-b: c} needs quotes here"},
        {"a: \"abc\nb: c\n", 1, 4, "the quote that opens here isn't closed"},
        {"a: 'it's'\n", 1, 8, "there is text behind the closing quote"},
        {"a: \"x\" y\n", 1, 8, "there is text behind the closing quote"},
        {"a: @x\n", 1, 4, "a value can't begin with '@'"},
        {"a: `x`\n", 1, 4, "a value can't begin with '`'"},
        {"a: %x\n", 1, 4, "a value can't begin with '%'"},
        {"a: *.csv\n", 1, 4, "begins with '*' or '&' needs quotes"},
        {"a: !<x\n", 1, 4, "a value that begins with '!' needs quotes"},
        {"a: !x!y z\n", 1, 4, "a value that begins with '!' needs quotes"},
        {"%x\n", 1, 1, "begins with '%' needs quotes"},
        {"a:\n  b: c\n d: e\n", 3, 2, "the indentation fits no line above"},
        {"a: b\n- c\n", 2, 1, "a list entry can't stand here"},
        {"- a\nb: c\n", 2, 1, "doesn't begin with '- '"},
        {"name:foo\nsource: x\n", 1, 5, "a space is missing behind this ':'; write 'name: '"},
        {"a: b\n  c: d\n", 2, 4, "a ':' can't stand here"},
        {"a: b: c\n", 1, 5, "a ':' can't stand here"},
        {"a: - b\n", 1, 4, "a list can't begin behind other text"},
        {"a: [1, 2\nb: c\n", 1, 4, "the '[' that opens here isn't closed"},
        {"a: {b: c\n", 1, 4, "the '{' that opens here isn't closed"},
        {"a: [b c: d e: f]\n", 1, 13, ""},
        {"a: |2x\n  b\n", 1, 4, "behind '|' or '>'"},
        {"a: \"\\q\"\n", 1, 5, "a backslash begins an escape"},
        {"a: \"\\xz\"\n", 1, 7, "hexadecimal"},
        {"a: b\n...\nc: d\n", 3, 1, "text behind the end of the pipeline"},
        {"a: }\n", 1, 4, ""},
        {"a: [b]]\n", 1, 7, "text too much"},
        {"a: ? b\n", 1, 4, "begins with '? ' needs quotes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(parse(cases[i].text));
        assert_error(cases[i].line, cases[i].column, cases[i].part);
    }
}

#define T(name) cmocka_unit_test_teardown(name, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_tree),
        T(test_scalars_stay_text),
        T(test_line_ends_and_marks),
        T(test_refused),
        T(test_alias_bomb),
        T(test_bytes),
        T(test_nothing),
        T(test_depth),
        T(test_too_many_keys),
        T(test_syntax),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
