#include "code.h"

#include <stdlib.h>

#include "markup.h"
#include <sluice/text.h>

enum { KEY_MOST = 64 };

/* ---- lines -------------------------------------------------------------------------------- */

/* The bytes of white space within a line here; 0: none. U+00A0, the space that doesn't break, is some. */
static size_t blank(const char *at, const char *end) {
    unsigned char c = (unsigned char)*at;
    if (end - at > 1 && c == 0xc2 && (unsigned char)at[1] == 0xa0)
        return 2;
    return c <= ' ' && c != '\n' && c != '\r';
}

/* One space for many, none at the ends of lines, no empty lines; control characters are space. In place. */
static uint64_t tidy(char *text, uint64_t length, uint32_t *line_count) {
    const char *at = text, *end = text + length;
    char *out = text, before = '\n'; /* what separates the next character from the last one; 0: nothing */
    *line_count = 0;
    while (at < end) {
        size_t space = blank(at, end);
        bool newline = *at == '\n' || *at == '\r';
        if (newline)
            before = '\n';
        else if (space && !before)
            before = ' ';
        if (newline || space) {
            at += newline ? 1 : space;
            continue;
        }
        *line_count += before == '\n';
        if (before && out > text)
            *out++ = before;
        before = 0;
        *out++ = *at++;
    }
    return (uint64_t)(out - text);
}

/* ---- pairs -------------------------------------------------------------------------------- */

static bool has_letter(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80 ||
            ((text.ptr[i] | 0x20) >= 'a' && (text.ptr[i] | 0x20) <= 'z'))
            return true;
    return false;
}

/* "Key: Value". Not a time, nor the beginning of an address. */
static bool split_pair(sluice_text line, struct code_pair *pair) {
    const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
    if (!colon)
        return false;
    pair->key = text_trim((sluice_text){line.ptr, (uint64_t)(colon - line.ptr)});
    pair->value = (sluice_text){colon + 1, line.len - (uint64_t)(colon - line.ptr) - 1};
    bool address = pair->value.len > 1 && memcmp(pair->value.ptr, "//", 2) == 0;
    pair->value = text_trim(pair->value);
    return !address && pair->key.len <= KEY_MOST && has_letter(pair->key);
}

static const char *find_joint(const char *at, const char *end) {
    return end - at > 3 ? memmem(at, (size_t)(end - at), " - ", 3) : NULL;
}

/* Where ` - ` stands between two pairs it becomes a newline; a value may have it inside. In place. */
static uint64_t cut_joints(char *text, uint64_t length) {
    struct code_pair pair;
    const char *at = text, *end = text + length, *joint = find_joint(at, end);
    char *out = text;
    if (!joint || !split_pair((sluice_text){text, (uint64_t)(joint - text)}, &pair))
        return length;
    while (joint) {
        const char *next = find_joint(joint + 3, end);
        sluice_text part = {joint + 3, (uint64_t)((next ? next : end) - joint - 3)};
        out = (char *)memmove(out, at, (size_t)(joint - at)) + (joint - at);
        at = joint;
        if (split_pair(part, &pair)) {
            *out++ = '\n';
            at = joint + 3;
        }
        joint = next;
    }
    out = (char *)memmove(out, at, (size_t)(end - at)) + (end - at);
    return (uint64_t)(out - text);
}

/* ---- fields ------------------------------------------------------------------------------- */

struct synonym {
    sluice_text key; /* lower case, letters and digits only */
    enum code_field field;
};

static const struct synonym synonyms[] = {
    {{"carrier", 7}, CODE_CARRIER},
    {{"carriername", 11}, CODE_CARRIER},
    {{"lockedcarrier", 13}, CODE_CARRIER},
    {{"simlock", 7}, CODE_SIMLOCK},
    {{"simlockstatus", 13}, CODE_SIMLOCK},
    {{"model", 5}, CODE_MODEL},
    {{"modelname", 9}, CODE_MODEL},
    {{"devicemodel", 11}, CODE_MODEL},
    {{"modeldescription", 16}, CODE_MODEL},
    {{"fmi", 3}, CODE_FMI},
    {{"fmistatus", 9}, CODE_FMI},
    {{"findmy", 6}, CODE_FMI},
    {{"findmyiphone", 12}, CODE_FMI},
    {{"findmyiphonefmi", 15}, CODE_FMI},
    {{"findmyiphonestatus", 18}, CODE_FMI},
    {{"findmydevice", 12}, CODE_FMI},
    {{"imei2", 5}, CODE_IMEI2},
    {{"imei2number", 11}, CODE_IMEI2},
    {{"imeinumber2", 11}, CODE_IMEI2},
    {{"secondimei", 10}, CODE_IMEI2},
    {{"imei2no", 7}, CODE_IMEI2},
};

/* CODE_FIELDS: it has no column. */
static enum code_field field_of(sluice_text key) {
    char plain[KEY_MOST];
    sluice_text word = {plain, 0};
    for (uint64_t i = 0; i < key.len; i++) {
        char c = key.ptr[i], letter = (char)(c | 0x20);
        if (text_is_digit(c))
            plain[word.len++] = c;
        else if (letter >= 'a' && letter <= 'z')
            plain[word.len++] = letter;
    }
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (text_equal(synonyms[i].key, word))
            return synonyms[i].field;
    return CODE_FIELDS;
}

/* The first of two synonyms fills the column; the other is a pair like any. */
static void take_pair(struct code *code, const struct code_pair *pair) {
    enum code_field field = field_of(pair->key);
    if (field < CODE_FIELDS && !code->fields[field].ptr) {
        if (pair->value.len)
            code->fields[field] = pair->value;
    } else if (code->pair_count < CODE_PAIRS) {
        code->pairs[code->pair_count++] = *pair;
    }
}

static void take_lines(struct code *code) {
    sluice_text rest = code->display;
    while (rest.len) {
        struct code_pair pair;
        const char *newline = memchr(rest.ptr, '\n', rest.len);
        sluice_text line = {rest.ptr, newline ? (uint64_t)(newline - rest.ptr) : rest.len};
        rest.ptr += newline ? line.len + 1 : line.len;
        rest.len -= newline ? line.len + 1 : line.len;
        if (split_pair(line, &pair))
            take_pair(code, &pair);
    }
}

/* ---- the whole ---------------------------------------------------------------------------- */

static bool reserve(struct code *code, uint64_t length) {
    if (length <= code->room)
        return true;
    char *text = realloc(code->text, length);
    if (text) {
        code->text = text;
        code->room = length;
    }
    return text;
}

bool code_read(struct code *code, sluice_text raw) {
    uint32_t line_count;
    code->display = (sluice_text){NULL, 0};
    for (int i = 0; i < CODE_FIELDS; i++)
        code->fields[i] = (sluice_text){NULL, 0};
    code->pair_count = 0;
    if (!raw.len)
        return true;
    if (!reserve(code, raw.len))
        return false;
    memcpy(code->text, raw.ptr, raw.len);
    uint64_t length = tidy(code->text, markup_strip(code->text, raw.len), &line_count);
    if (line_count == 1)
        length = cut_joints(code->text, length);
    if (length)
        code->display = (sluice_text){code->text, length};
    take_lines(code);
    return true;
}

void code_free(struct code *code) {
    free(code->text);
    code->text = NULL;
    code->room = 0;
}
