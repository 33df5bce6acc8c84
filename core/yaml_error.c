#include "yaml_error.h"

#include <ctype.h>
#include <string.h>

#include "text.h"
#include "utf8.h"

/* ---- bytes ------------------------------------------------------------------------------------ */

/* Characters that YAML has no place for, most of them controls. */
static bool forbidden(const char *at, unsigned n, unsigned *code) {
    const unsigned char *s = (const unsigned char *)at;
    *code = n == 1   ? s[0]
            : n == 2 ? (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu)
            : n == 3 ? (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu)
                     : 0x10000;
    if (*code < 0x20)
        return *code != '\t' && *code != '\n' && *code != '\r';
    return (*code >= 0x7f && *code < 0xa0 && *code != 0x85) || *code == 0xfeff || *code == 0xfffe ||
           *code == 0xffff;
}

static bool has_utf16_mark(sluice_text text) {
    return text.len >= 2 && (memcmp(text.ptr, "\xff\xfe", 2) == 0 || memcmp(text.ptr, "\xfe\xff", 2) == 0);
}

bool yaml_check_bytes(const char *file, sluice_text text, struct diag *diag) {
    struct mark at = {.file = file};
    for (uint64_t i = 0; i < text.len;) {
        unsigned n = utf8_sequence(text.ptr + i, text.len - i), code = 0;
        if (n && !forbidden(text.ptr + i, n, &code)) {
            i += n;
            continue;
        }
        utf8_place(text, i, &at.line, &at.column);
        if (has_utf16_mark(text))
            diag_add(diag, DIAG_ERROR, at, "the file is UTF-16; save it as UTF-8");
        else if (n == 0)
            diag_add(diag, DIAG_ERROR, at, "the byte 0x%02X isn't UTF-8; save the file as UTF-8",
                     (unsigned char)text.ptr[i]);
        else
            diag_add(diag, DIAG_ERROR, at, "the character U+%04X can't stand in YAML; remove it", code);
        return false;
    }
    return true;
}

/* ---- syntax ----------------------------------------------------------------------------------- */

/* What libyaml says, and what a person needs to hear. `where` is the mark that shows the cause. */
enum where { AT_PROBLEM, AT_CONTEXT };

struct explanation {
    const char *problem, *context; /* the beginning of libyaml's words; NULL: any */
    enum where where;
    const char *text;
};

static const struct explanation explanations[] = {
    {"found a tab character", NULL, AT_PROBLEM, "a tab can't indent; use spaces"},
    {"found unexpected end of stream", NULL, AT_CONTEXT, "the quote that opens here isn't closed; close it"},
    {"found unexpected document indicator", NULL, AT_CONTEXT,
     "the quote that opens here isn't closed; close it"},
    {"did not find expected alphabetic", NULL, AT_CONTEXT,
     "a value that begins with '*' or '&' needs quotes"},
    {"could not find expected ':'", NULL, AT_CONTEXT,
     "this is neither 'key: value' nor '- entry'; is a ':' missing, or the space behind it?"},
    {"mapping values are not allowed", NULL, AT_PROBLEM,
     "a ':' can't stand here; put a value that has ': ' in it in quotes, or check the indentation and the "
     "line above"},
    {"block sequence entries", NULL, AT_PROBLEM,
     "a list can't begin behind other text; begin it on a line of its own, or write [a, b]"},
    {"mapping keys are not allowed", NULL, AT_PROBLEM, "a value that begins with '? ' needs quotes"},
    {"did not find expected '-' indicator", NULL, AT_PROBLEM,
     "this line is indented like an entry of the list above, but doesn't begin with '- '; check the "
     "indentation"},
    {"did not find expected <document start>", NULL, AT_PROBLEM,
     "there is text behind the end of the pipeline; one file is one pipeline, so move it or remove it"},
    {"found unknown escape", NULL, AT_PROBLEM,
     "in double quotes a backslash begins an escape; write it twice, or use single quotes"},
    {"did not find expected hexdecimal", NULL, AT_PROBLEM,
     "\\x, \\u and \\U need hexadecimal digits; write a backslash twice, or use single quotes"},
    {"found invalid Unicode", NULL, AT_PROBLEM,
     "this escape is no character; use single quotes for plain text"},
    {NULL, "while scanning a directive", AT_CONTEXT, "a line that begins with '%' needs quotes"},
    {NULL, "while scanning a %", AT_CONTEXT, "a line that begins with '%' needs quotes"},
    {NULL, "while scanning a tag", AT_CONTEXT, "a value that begins with '!' needs quotes"},
    {NULL, "while parsing a tag", AT_CONTEXT, "a value that begins with '!' needs quotes"},
    {"found undefined tag handle", NULL, AT_PROBLEM, "a value that begins with '!' needs quotes"},
    {NULL, "while scanning a block scalar", AT_CONTEXT,
     "behind '|' or '>' only a digit, '+', '-' or a comment may stand; begin the text on the next line"},
};

static bool begins(const char *text, const char *start) {
    return !start || (text && strncmp(text, start, strlen(start)) == 0);
}

/* The byte offset of a mark, which counts characters. */
static uint64_t offset_of(sluice_text text, const yaml_mark_t *mark) {
    uint64_t i = 0;
    for (size_t n = mark->index; n > 0 && i < text.len; n--) {
        unsigned bytes = utf8_sequence(text.ptr + i, text.len - i);
        i += bytes ? bytes : 1;
    }
    return i;
}

static struct mark place(const char *file, const yaml_mark_t *mark, unsigned width) {
    return (struct mark){file, (unsigned)mark->line + 1, (unsigned)mark->column + 1, width};
}

/* Where the "${" begins that holds `at`, on the same line; UINT64_MAX: there is none. */
static uint64_t open_reference(sluice_text text, uint64_t at) {
    for (uint64_t i = at; i > 0; i--) {
        char c = text.ptr[i - 1];
        if (c == '}' || utf8_line_break(text, i - 1))
            break;
        if (c == '$' && i < text.len && text.ptr[i] == '{')
            return i - 1;
    }
    return UINT64_MAX;
}

/* "${NAME}" without quotes where YAML reads the brace or the colon in it. */
static bool explain_reference(const yaml_parser_t *parser, const char *file, sluice_text text,
                              struct diag *diag) {
    uint64_t at = offset_of(text, &parser->problem_mark), start = open_reference(text, at);
    struct mark mark = {.file = file};
    if (at < text.len && text.ptr[at] == '{' && at > 0 && text.ptr[at - 1] == '$')
        start = at - 1;
    if (start == UINT64_MAX)
        return false;
    const char *end = memchr(text.ptr + start, '}', text.len - start);
    uint64_t length = end ? (uint64_t)(end - text.ptr) + 1 - start : 2;
    utf8_place(text, start, &mark.line, &mark.column);
    mark.width = (unsigned)length;
    diag_add(diag, DIAG_ERROR, mark,
             "%.*s needs quotes here: inside {} and [], and with ': ' in it, write \"%.*s\"",
             (int)(length < 60 ? length : 60), text.ptr + start, (int)(length < 60 ? length : 60),
             text.ptr + start);
    return true;
}

/* A character that no value begins with. */
static void explain_character(const yaml_parser_t *parser, const char *file, sluice_text text,
                              struct diag *diag) {
    uint64_t at = offset_of(text, &parser->problem_mark);
    struct mark mark = place(file, &parser->problem_mark, 1);
    unsigned n = at < text.len ? utf8_sequence(text.ptr + at, text.len - at) : 0;
    if (n && text.ptr[at] == '\t')
        diag_add(diag, DIAG_ERROR, mark, "a tab can't indent; use spaces");
    else
        diag_add(diag, DIAG_ERROR, mark, "a value can't begin with '%.*s'; put it in quotes", (int)n,
                 text.ptr + at);
}

/* A map ended where it shouldn't: by indentation, or by text behind a value. */
static void explain_key(const yaml_parser_t *parser, const char *file, sluice_text text, struct diag *diag) {
    uint64_t at = offset_of(text, &parser->problem_mark), before = at;
    struct mark mark = place(file, &parser->problem_mark, 1);
    while (before > 0 && text.ptr[before - 1] == ' ')
        before--;
    char last = before > 0 && !utf8_line_break(text, before - 1) ? text.ptr[before - 1] : 0;
    if (last == '"' || last == '\'')
        diag_add(diag, DIAG_ERROR, mark,
                 "there is text behind the closing quote; put all of the value into the quotes, "
                 "and write %s for a quote in it",
                 last == '"' ? "\\\"" : "''");
    else if (last == 0 && at < text.len && text.ptr[at] == '-')
        diag_add(diag, DIAG_ERROR, mark,
                 "a list entry can't stand here; indent it below the key that it belongs to");
    else if (last == 0)
        diag_add(diag, DIAG_ERROR, mark,
                 "the indentation fits no line above; begin in the column of the key that this "
                 "line belongs beside");
    else
        diag_add(diag, DIAG_ERROR, mark,
                 "there is text too much here; put the value in quotes, or remove this");
}

/* Length of the key of a line that begins "key:value", without a space behind the colon; 0: it doesn't. */
static uint64_t glued_key(sluice_text line) {
    uint64_t n = 0;
    while (n < line.len && (isalnum((unsigned char)line.ptr[n]) || strchr("_-. ", line.ptr[n])))
        n++;
    bool glued =
        n > 0 && n + 1 < line.len && line.ptr[n] == ':' && line.ptr[n + 1] != ' ' && line.ptr[n + 1] != '/';
    return glued ? n : 0;
}

/* A ": " where none can stand: the line above, without a space behind its colon, was read as text, and
 * this one as more of it; or the text needs quotes. */
static void explain_colon(const yaml_parser_t *parser, const char *file, sluice_text text,
                          struct diag *diag) {
    unsigned above = (unsigned)parser->problem_mark.line; /* counted from 0 there: the line before */
    sluice_text line = above ? utf8_line(text, above) : (sluice_text){NULL, 0};
    uint64_t key = glued_key(line);
    if (key)
        diag_add(diag, DIAG_ERROR, (struct mark){file, above, (unsigned)key + 1, 1},
                 "a space is missing behind this ':'; write '%.*s: '", (int)(key < 60 ? key : 60), line.ptr);
    else
        diag_add(diag, DIAG_ERROR, place(file, &parser->problem_mark, 1),
                 "a ':' can't stand here; put a value that has ': ' in it in quotes, or check the "
                 "indentation and the "
                 "line above");
}

/* A { or [ that isn't closed as it should be. */
static void explain_flow(const yaml_parser_t *parser, const char *file, struct diag *diag) {
    bool list = strstr(parser->problem, "']'") != NULL;
    if (parser->problem_mark.line == parser->context_mark.line)
        diag_add(diag, DIAG_ERROR, place(file, &parser->problem_mark, 1),
                 "a ',' or a '%c' is missing before this", list ? ']' : '}');
    else
        diag_add(diag, DIAG_ERROR, place(file, &parser->context_mark, 1),
                 "the '%c' that opens here isn't closed; a '%c' "
                 "is missing",
                 list ? '[' : '{', list ? ']' : '}');
}

static void explain_syntax(const yaml_parser_t *parser, const char *file, struct diag *diag) {
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++) {
        const struct explanation *e = &explanations[i];
        if (!begins(parser->problem, e->problem) || !begins(parser->context, e->context))
            continue;
        bool context = e->where == AT_CONTEXT && parser->context;
        diag_add(diag, DIAG_ERROR, place(file, context ? &parser->context_mark : &parser->problem_mark, 1),
                 "%s", e->text);
        return;
    }
    diag_add(diag, DIAG_ERROR, place(file, &parser->problem_mark, 1),
             "this isn't YAML (%s); check indentation, colons "
             "and quotes",
             parser->problem ? parser->problem : "unknown");
}

void yaml_explain(const yaml_parser_t *parser, const char *file, sluice_text text, struct diag *diag) {
    const char *problem = parser->problem;
    if (parser->error == YAML_MEMORY_ERROR)
        diag_add(diag, DIAG_ERROR, (struct mark){.file = file}, "out of memory");
    else if (parser->error != YAML_READER_ERROR && explain_reference(parser, file, text, diag))
        return;
    else if (begins(problem, "found character that cannot start"))
        explain_character(parser, file, text, diag);
    else if (begins(problem, "did not find expected key") ||
             begins(problem, "did not find expected node content"))
        explain_key(parser, file, text, diag);
    else if (begins(problem, "mapping values are not allowed"))
        explain_colon(parser, file, text, diag);
    else if (begins(problem, "did not find expected ','"))
        explain_flow(parser, file, diag);
    else
        explain_syntax(parser, file, diag);
}
