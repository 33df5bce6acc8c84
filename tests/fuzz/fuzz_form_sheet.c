/* What people type, upload and send to the form: whatever it is, it becomes rows of text or a failure with a
 * message, and what is shown of it is no markup. The first byte says how it came. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>
#include <sluice/utf8.h>

#include "../plugins/form_host.h"
#include "form/address.h"
#include "form/api_body.h"
#include "form/html.h"
#include "form/json.h"
#include "form/route.h"
#include "form/session.h"
#include "form/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "it doesn't hold that %s\n", what);
        abort();
    }
}

static bool is_utf8(sluice_text text) {
    unsigned length;
    for (uint64_t at = 0; at < text.len; at += length)
        if (!(length = utf8_sequence(text.ptr + at, text.len - at)))
            return false;
    return true;
}

/* No cell breaks out of the page or of a JSON string. */
static void show(sluice_text cell) {
    struct buffer page = {0}, json = {0};
    html_text(&page, cell);
    sluice_text shown = buffer_view(&page);
    require(is_utf8(shown), "a page is UTF-8");
    for (uint64_t i = 0; i < shown.len; i++)
        require(!strchr("<>\"'", shown.ptr[i]) || !shown.ptr[i], "text is no markup");
    json_text(&json, cell);
    shown = buffer_view(&json);
    require(is_utf8(shown), "JSON is UTF-8");
    for (uint64_t i = 1; cell.ptr && i + 1 < shown.len; i++)
        require((unsigned char)shown.ptr[i] >= 0x20 && (shown.ptr[i] != '"' || shown.ptr[i - 1] == '\\'),
                "a JSON string has one end");
    buffer_free(&page);
    buffer_free(&json);
}

static void look(struct sheet *sheet) {
    sluice_error error = {.size = sizeof error};
    require(!sheet_end(sheet, &error), "there is memory");
    sluice_batch batch = sheet_batch(sheet);
    require(batch.selected <= batch.row_count, "good rows are rows");
    for (uint32_t r = 0; r < batch.row_count; r++)
        for (uint32_t c = 0; c < batch.column_count; c++) {
            require(!batch.cells[c][r].ptr || is_utf8(batch.cells[c][r]), "a cell is UTF-8");
            show(batch.cells[c][r]);
        }
    sheet_free(sheet);
}

static void compare_names(sluice_text text) {
    static struct names names;
    sluice_error error = {.size = sizeof error};
    sluice_text part = {0};
    bool other = false;
    char path[256];
    struct session session;
    struct sessions sessions = {&form_host, NULL, {1, 0}};
    if (!names.listen.port)
        require(!address_parse(&form_host, TEXT("127.0.0.1:5001"), &names.listen, &error),
                "that is an address");
    require(!names_host(&names, text) || text.len <= strlen("localhost:5001"), "other names aren't ours");
    names_origin(&names, text);
    require(!session_read(&sessions, text, &session), "nobody guesses a cookie");
    snprintf(path, sizeof path, "/%.*s", TEXT_ARG(text_cut(text, 250)));
    route_find("GET", path, &part, &other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sluice_error error = {.size = sizeof error};
    struct sheet sheet;
    struct api_body body;
    int failed = 0;
    if (!size)
        return 0;
    sluice_text text = {(const char *)data + 1, size - 1};
    switch (data[0] % 4) {
    case 0:
        failed = sheet_from_text(&form_host, text, &sheet, &error);
        if (!failed)
            look(&sheet);
        break;
    case 1:
        failed = sheet_from_csv(&form_host, NULL, TEXT("upload.csv"), text, &sheet, &error);
        if (!failed)
            look(&sheet);
        break;
    case 2:
        failed = api_body_read(&form_host, text, &body, &error);
        if (!failed && !body.name[0])
            snprintf(body.name, sizeof body.name, "x");
        if (!failed)
            require(api_name_good(text_of(body.name)), "a name is good");
        if (!failed) {
            free(body.sheet.good);
            body.sheet.good = NULL;
            body.sheet.good_count = 0;
            look(&body.sheet);
        }
        break;
    default:
        compare_names(text);
    }
    require(!failed || (failed == error.code && error.text[0]), "a failure has a message");
    return 0;
}
