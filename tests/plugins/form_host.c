#include "form_host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

int64_t form_host_now_ms = INT64_C(1795399142000);
unsigned form_host_jobs;

static void host_log(sluice_self *self, uint32_t level, const char *format, ...) {
    (void)self, (void)level, (void)format;
}

static int32_t host_fail(sluice_error *error, int32_t code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->code = code;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return code;
}

static int64_t host_now_ms(void) {
    return form_host_now_ms;
}

static int32_t host_hmac(sluice_self *self, sluice_secret key, sluice_text data, uint8_t *out,
                         sluice_error *error) {
    (void)self, (void)error;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t hash = text_hash_more(TEXT_HASH + key.handle * 31 + i, data);
        memcpy(out + 8 * i, &hash, 8);
    }
    return 0;
}

static sluice_secret host_keep_secret(sluice_self *self, const char *name, sluice_text value) {
    (void)self, (void)name, (void)value;
    return (sluice_secret){7, 0};
}

/* The secret of each handle is "right". */
static int32_t host_secret_matches(sluice_secret secret, sluice_text text) {
    return secret.handle && text_is(text, "right");
}

static int32_t host_submit(sluice_self *self, const sluice_job *job, sluice_error *error) {
    (void)self, (void)error;
    form_host_jobs++;
    return job->rows->selected ? 0 : SLUICE_E_SOFTWARE;
}

static int32_t host_query(sluice_self *self, const sluice_query *query, sluice_each_row *row, void *user,
                          sluice_error *error) {
    (void)self, (void)query, (void)row, (void)user, (void)error;
    return 0;
}

static int32_t host_act(sluice_self *self, const sluice_act *act, sluice_acted *out, sluice_error *error) {
    (void)self, (void)act, (void)error;
    out->answer = SLUICE_ACTED_DONE;
    return 0;
}

static int32_t host_wait_change(sluice_self *self, sluice_text job, uint64_t *version, uint32_t wait_ms,
                                sluice_error *error) {
    (void)self, (void)job, (void)version, (void)wait_ms;
    return host_fail(error, SLUICE_E_BUSY, "the service is stopping");
}

const sluice_host form_host = {
    .size = sizeof form_host,
    .abi_minor = SLUICE_ABI_MINOR,
    .version = "1",
    .log = host_log,
    .fail = host_fail,
    .now_ms = host_now_ms,
    .hmac = host_hmac,
    .submit = host_submit,
    .query = host_query,
    .keep_secret = host_keep_secret,
    .secret_matches = host_secret_matches,
    .act = host_act,
    .wait_change = host_wait_change,
};
