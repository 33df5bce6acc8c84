/* Any bytes as the CODE of a result. Besides not crashing: what is said is part of what is displayed, line by
 * line, nothing is longer than what came, and reading the same again says the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "shared/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_view(const struct code *code, sluice_text view) {
    assert(view.ptr >= code->display.ptr && view.ptr + view.len <= code->display.ptr + code->display.len);
    assert(!view.len || !memchr(view.ptr, '\n', view.len));
}

static void check(const struct code *code, size_t size) {
    const sluice_text *display = &code->display;
    assert(display->len <= size && (display->ptr == NULL) == (display->len == 0));
    assert(code->pair_count <= CODE_PAIRS);
    for (int i = 0; i < CODE_FIELDS; i++)
        if (code->fields[i].ptr) {
            assert(code->fields[i].len);
            check_view(code, code->fields[i]);
        }
    for (uint32_t i = 0; i < code->pair_count; i++) {
        assert(code->pairs[i].key.len);
        check_view(code, code->pairs[i].key);
        check_view(code, code->pairs[i].value);
    }
    for (uint64_t i = 0; i < display->len; i++) {
        char c = display->ptr[i], before = i ? display->ptr[i - 1] : '\n';
        assert(c == '\n' || (unsigned char)c > ' ' || c == ' ');
        assert(!((c == ' ' || c == '\n') && (before == ' ' || before == '\n')));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = malloc(size + 1); /* exact: a sanitizer sees a byte too many */
    struct code code = {0}, again = {0};
    assert(bytes);
    memcpy(bytes, data, size);
    bytes = realloc(bytes, size ? size : 1);
    assert(bytes && code_read(&code, (sluice_text){bytes, size}));
    check(&code, size);
    assert(code_read(&again, (sluice_text){bytes, size}) && again.pair_count == code.pair_count);
    assert(again.display.len == code.display.len);
    assert(!code.display.len || memcmp(again.display.ptr, code.display.ptr, code.display.len) == 0);
    code_free(&code);
    code_free(&again);
    free(bytes);
    return 0;
}
