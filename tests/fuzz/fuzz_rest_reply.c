/* Any bytes as a reply of the REST interface. Besides not crashing: what is walked through is part of what
 * came, in its order, no text is longer than it was written, and what is said of a failure is one line. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "shared/json_merge.h"
#include <sluice/json.h>
#include "supabase/rest_fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(sluice_text value) {
    char *out = malloc(value.len);
    assert(out && json_decode(value, out) <= value.len - 2);
    free(out);
}

static void check_value(sluice_text value, const char **last) {
    assert(value.len && value.ptr >= *last);
    *last = value.ptr + value.len;
    if (*value.ptr == '"')
        check_text(value);
}

static void check_row(sluice_text row) {
    struct json_walk walk;
    sluice_text key, value;
    const char *last = row.ptr;
    if (!json_walk_object(&walk, row))
        return;
    while (json_next_member(&walk, &key, &value)) {
        check_value(key, &last);
        check_value(value, &last);
    }
    assert(last <= row.ptr + row.len);
    assert(json_walk_whole(&walk)); /* an item of a list is whole */
}

static void check_list(sluice_text body) {
    struct json_walk walk;
    sluice_text item;
    const char *last = body.ptr;
    json_walk_list(&walk, body);
    while (json_next_item(&walk, &item)) {
        check_value(item, &last);
        check_row(item);
    }
    assert(walk.ended != walk.broken);
}

static void check_fault(sluice_text body) {
    static const int statuses[] = {200, 400, 401, 404, 409, 500, 503};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct rest_fault fault;
        rest_fault_read(&fault, statuses[i], body, "public.orders", REST_ROLE_ANON);
        assert((fault.kind == REST_FINE) == (statuses[i] == 200));
        assert(strlen(fault.text) < sizeof fault.text && strlen(fault.words) < sizeof fault.words);
        for (const char *at = fault.text; *at; at++)
            assert((unsigned char)*at >= 0x20);
    }
}

static void check_merge(sluice_text body) {
    sluice_text half = {body.ptr, body.len / 2}, rest = {body.ptr + body.len / 2, body.len - body.len / 2};
    char *merged;
    uint64_t length;
    if (json_merge(half, rest, &merged, &length) == JSON_MERGED) {
        assert(json_whole((sluice_text){merged, length}, '{').len == length);
        free(merged);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = malloc(size ? size : 1); /* exact: a sanitizer sees a byte too many */
    assert(bytes);
    memcpy(bytes, data, size);
    check_list((sluice_text){bytes, size});
    check_fault((sluice_text){bytes, size});
    check_merge((sluice_text){bytes, size});
    free(bytes);
    return 0;
}
