#include <string.h>

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

/* Spaces stand between identifiers, or in one: 35 209900 176148 1. */
static int add_piece(struct sheet *sheet, uint64_t line, sluice_text piece, sluice_error *error) {
    piece = text_trim(piece);
    if (!piece.len)
        return 0;
    if (!memchr(piece.ptr, ' ', piece.len) || is_one(piece))
        return sheet_row(sheet, line, &piece, error);
    int failed = 0;
    while (!failed && piece.len) {
        const char *space = memchr(piece.ptr, ' ', piece.len);
        sluice_text word = {piece.ptr, space ? (uint64_t)(space - piece.ptr) : piece.len};
        failed = sheet_row(sheet, line, &word, error);
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
    uint64_t begin = 0, line = 1;
    *out = (struct sheet){.host = host};
    if (!text.len)
        text = TEXT("");
    if (!is_text(text))
        return host->fail(error, SLUICE_E_DATA, "what was sent isn't text in UTF-8");
    int failed = sheet_begin(out, host, &name, 1, error);
    for (uint64_t at = 0; !failed && at <= text.len; at++) {
        if (at < text.len && !is_between(text.ptr[at]))
            continue;
        failed = add_piece(out, line, (sluice_text){text.ptr + begin, at - begin}, error);
        line += at < text.len && text.ptr[at] == '\n';
        begin = at + 1;
    }
    if (failed)
        sheet_free(out);
    return failed;
}
