#include <string.h>
#include <strings.h>

#include <imei/repair.h>
#include <sluice/text.h>
#include <sluice/utf8.h>

#include "sheet.h"

static bool is_between(char c) {
    return c == '\n' || c == '\r' || c == ',' || c == ';' || c == '\t';
}

static bool is_one(sluice_text piece) {
    static const struct repair_rules rules = {.check = REPAIR_DIGITS};
    struct repair repair;
    return repair_value(piece, &rules, &repair) != REPAIR_REFUSED;
}

static sluice_text drop(sluice_text text, uint64_t count) {
    return (sluice_text){text.ptr + count, text.len - count};
}

/* "IMEI: 35…", "IMEI1: 35…", "IMEI 35…": what a phone shows, copied. */
static sluice_text drop_label(sluice_text text) {
    if (text.len < 4 || strncasecmp(text.ptr, "imei", 4) != 0)
        return text;
    text = text_trim(drop(text, 4));
    if (text.len >= 2 && text_is_digit(text.ptr[0]) && strchr(":)=.", text.ptr[1]))
        text = drop(text, 1);
    while (text.len && strchr(":)=.# ", text.ptr[0]))
        text = drop(text, 1);
    return text;
}

/* Each has a number of its own. */
static int add_one(struct sheet *sheet, sluice_text word, sluice_error *error) {
    word = drop_label(word);
    return word.len ? sheet_row(sheet, sheet->rows + 1, &word, error) : 0;
}

/* Spaces stand between identifiers, or in one: 35 209900 176148 1. */
static int add_piece(struct sheet *sheet, sluice_text piece, sluice_error *error) {
    piece = drop_label(text_trim(piece));
    if (!piece.len)
        return 0;
    if (!memchr(piece.ptr, ' ', piece.len) || is_one(piece))
        return add_one(sheet, piece, error);
    int failed = 0;
    while (!failed && piece.len) {
        const char *space = memchr(piece.ptr, ' ', piece.len);
        sluice_text word = {piece.ptr, space ? (uint64_t)(space - piece.ptr) : piece.len};
        failed = add_one(sheet, word, error);
        piece = text_trim((sluice_text){piece.ptr + word.len, piece.len - word.len});
    }
    return failed;
}

static bool is_text(sluice_text text) {
    unsigned length;
    for (uint64_t at = 0; at < text.len; at += length) {
        length = utf8_sequence(text.ptr + at, text.len - at);
        if (!length || !text.ptr[at])
            return false;
    }
    return true;
}

int sheet_from_text(const sluice_host *host, sluice_text text, struct sheet *out, sluice_error *error) {
    static const sluice_text name = {"imei", 4};
    uint64_t begin = 0;
    *out = (struct sheet){.host = host};
    if (!text.len)
        text = TEXT("");
    if (!is_text(text))
        return host->fail(error, SLUICE_E_DATA, "what was sent isn't text in UTF-8");
    int failed = sheet_begin(out, host, &name, 1, error);
    for (uint64_t at = 0; !failed && at <= text.len; at++) {
        if (at < text.len && !is_between(text.ptr[at]))
            continue;
        failed = add_piece(out, (sluice_text){text.ptr + begin, at - begin}, error);
        begin = at + 1;
    }
    if (failed)
        sheet_free(out);
    return failed;
}
