#include "dhru_site.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h> /* after the core: it has a macro `fail` */

void site_ask(struct harness *h, struct asking *asking, uint32_t op, const char *const *lines) {
    static const char *const references[] = {"r-0", "r-1", "r-2", "r-3", "r-4", "r-5", "r-6", "r-7"};
    *asking = (struct asking){.h = h, .batch = lines ? harness_batch(lines) : NULL};
    uint32_t count = lines ? asking->batch->view.row_count : 0;
    for (uint32_t i = 0; i < count; i++) {
        asking->rows[i] = (sluice_row){&asking->batch->view, i, 0};
        asking->references[i] = text_of(references[i]);
    }
    assert_int_equal(call_begin(&asking->call, &h->instance, op, asking->rows, count, &h->error), 0);
    asking->call.view.service = TEXT("1739");
    asking->call.view.client_refs = asking->references;
    assert_int_equal(call_build(&asking->call, &h->error), 0);
}

int site_hear(struct asking *asking, const char *file, int status) {
    char path[4096];
    const char *folder = getenv("SLUICE_TEST_DATA");
    snprintf(path, sizeof path, "%s/dhru/%s", folder ? folder : "tests/plugins", file);
    FILE *reply = fopen(path, "rb");
    if (!reply)
        fail_msg("%s can't be opened", path);
    asking->length = fread(asking->body, 1, sizeof asking->body, reply);
    fclose(reply);
    return harness_reply(asking->h, &asking->call, status, "application/json", asking->body, asking->length,
                         0);
}

void site_end(struct asking *asking) {
    call_end(&asking->call);
    call_free(&asking->call);
    if (asking->batch)
        batch_unref(asking->batch);
}

static char letter(const struct verdict *verdict) {
    static const char letters[] = "-PcDRNALirnkC";
    return verdict->twice ? '!' : verdict->kind < sizeof letters - 1 ? letters[verdict->kind] : '?';
}

void site_describe(const struct call *call, char out[32]) {
    uint32_t count = call->view.row_count;
    for (uint32_t i = 0; i < count; i++)
        *out++ = letter(&call->verdicts[i]);
    if (call->whole.kind) {
        *out++ = ' ';
        *out++ = letter(&call->whole);
        if (call->whole.split)
            *out++ = 's';
    }
    *out = 0;
}

sluice_text site_words(const struct call *call) {
    return call->verdicts[0].kind ? call->verdicts[0].text : call->whole.text;
}

sluice_text site_value(const struct harness *h, const struct call *call, const char *name) {
    const char *const *adds = h->instance.type->adds;
    for (size_t i = 0; adds[i] && call->verdicts[0].values; i++)
        if (strcmp(adds[i], name) == 0)
            return call->verdicts[0].values[i];
    return (sluice_text){NULL, 0};
}
