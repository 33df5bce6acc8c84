#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "batch.h"
#include "clock.h"
#include "exchange.h"
#include "library.h"
#include "log.h"
#include "secret.h"
#include "text.h"
#include "value.h"

/* ---- libraries, loaded when first needed -------------------------------------------------- */

#define UTF8PROC_SYMBOLS(X) X(utf8proc_map)
#define CRYPTO_SYMBOLS(X) X(HMAC) X(EVP_sha256)

static struct { UTF8PROC_SYMBOLS(LIBRARY_MEMBER) } utf8proc;
static struct { CRYPTO_SYMBOLS(LIBRARY_MEMBER) } crypto;

static int load_once(const char *soname, const char *package, const char *const *names, size_t count,
                     void **table, sluice_error *error) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int failed = 0;
    pthread_mutex_lock(&lock);
    if (!table[count - 1])
        failed = library_load(soname, package, names, count, table, error);
    pthread_mutex_unlock(&lock);
    return failed;
}

/* ---- any component ------------------------------------------------------------------------ */

/* What a run would log while it opens the component, lint says of its place in the file. */
static void warn_at(sluice_self *self, uint32_t level, const char *format, va_list arguments) {
    char text[SLUICE_ERROR_TEXT];
    vsnprintf(text, sizeof text, format, arguments);
    if (level <= SLUICE_LOG_WARN)
        diag_add(self->trial, DIAG_WARNING, self->at, "%s: %s", self->place, text);
}

static void host_log(sluice_self *self, uint32_t level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (self && self->trial)
        warn_at(self, level, format, arguments);
    else
        log_vline(level, self ? self->place : NULL, format, arguments);
    va_end(arguments);
}

static void *host_alloc(sluice_arena *arena, uint64_t bytes) {
    return arena_alloc(arena, bytes);
}

static bool is_ascii(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

static int32_t host_nfkc(sluice_arena *arena, sluice_text in, sluice_text *out, sluice_error *error) {
    static const char *const names[] = {UTF8PROC_SYMBOLS(LIBRARY_NAME)};
    *out = in;
    if (is_ascii(in))
        return 0;
    int failed = load_once("libutf8proc.so.2", "libutf8proc2", names, 1, (void **)&utf8proc, error);
    if (failed)
        return failed;
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n = utf8proc.utf8proc_map((const utf8proc_uint8_t *)in.ptr, (utf8proc_ssize_t)in.len,
                                               &mapped, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    if (n < 0) {
        free(mapped);
        return fail(error, SLUICE_E_DATA, "the text isn't UTF-8");
    }
    *out = arena_copy(arena, (sluice_text){(const char *)mapped, (uint64_t)n});
    free(mapped);
    return out->ptr ? 0 : fail_memory(error);
}

/* The file need not be there yet when its pipeline is linted. */
static int open_nothing(int *fd, sluice_error *error) {
    *fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return *fd < 0 ? fail(error, SLUICE_E_IO, "/dev/null can't be opened: %s", strerror(errno)) : 0;
}

static int32_t host_open_input(sluice_self *self, sluice_text path, int32_t *fd, sluice_error *error) {
    char name[4096];
    if (!path.len)
        return fail(error, SLUICE_E_NOINPUT, "the path is empty; name a file, or '-' for standard input");
    if (path.len >= sizeof name || memchr(path.ptr, 0, path.len))
        return fail(error, SLUICE_E_NOINPUT, "the path is too long or holds a NUL byte");
    memcpy(name, path.ptr, path.len);
    name[path.len] = 0;
    int opened = -1;
    int failed = self->trial ? open_nothing(&opened, error) : input_open(self->inputs, name, &opened, error);
    *fd = opened;
    return failed;
}

static int32_t host_spends(sluice_self *self) {
    return self->spends;
}

static int32_t host_rejects(sluice_self *self) {
    return self->rejects;
}

static int32_t host_hmac(sluice_self *self, sluice_secret key, sluice_text data, uint8_t *out,
                         sluice_error *error) {
    static const char *const names[] = {CRYPTO_SYMBOLS(LIBRARY_NAME)};
    sluice_text value = secret_value(key);
    unsigned length = 32;
    int failed = load_once("libcrypto.so.3", "libssl3", names, 2, (void **)&crypto, error);
    (void)self;
    if (failed)
        return failed;
    if (!value.ptr)
        return fail(error, SLUICE_E_CONFIG, "no key was given to sign with");
    if (!crypto.HMAC(crypto.EVP_sha256(), value.ptr, (int)value.len, (const unsigned char *)data.ptr,
                     data.len, out, &length))
        return fail(error, SLUICE_E_SOFTWARE, "HMAC-SHA256 failed");
    return 0;
}

/* Host and scheme of a paid call are fixed here, once, from the option; a plugin can't change them later. */
static int32_t host_endpoint(sluice_self *self, const sluice_endpoint *endpoint, sluice_error *error) {
    sluice_endpoint copy = {0};
    memcpy(&copy, endpoint, endpoint->size < sizeof copy ? endpoint->size : sizeof copy);
    copy.base_url = arena_copy(&self->arena, copy.base_url);
    copy.provider = arena_copy(&self->arena, copy.provider);
    copy.user = arena_copy(&self->arena, copy.user);
    copy.account = arena_copy(&self->arena, copy.account);
    copy.service = arena_copy(&self->arena, copy.service);
    if (!copy.base_url.len || !copy.provider.len)
        return fail(error, SLUICE_E_PLUGIN, "the plugin named no base URL or no provider");
    if (!value_url(copy.base_url, error))
        return SLUICE_E_CONFIG;
    if (!copy.list)
        copy.list = 1;
    uint32_t most = self->type && self->type->kind == SLUICE_SINK ? CALL_WRITE_MOST : CALL_ROWS_MOST;
    if (copy.list > most)
        return fail(error, SLUICE_E_CONFIG, "list: a call takes at most %u rows", most);
    if (!copy.reply_limit)
        copy.reply_limit = 64 * 1024 * 1024;
    self->endpoint = copy;
    self->has_endpoint = true;
    return 0;
}

int instance_name_adds(struct sluice_self *self, const sluice_text *more, uint32_t count,
                       sluice_error *error) {
    const char *const *own = self->type->adds;
    uint32_t n = 0;
    while (own && own[n])
        n++;
    if (n + (uint64_t)count > INSTANCE_ADDS)
        return fail(error, SLUICE_E_CONFIG, "it sets more than %d fields", INSTANCE_ADDS);
    sluice_text *names = arena_array(&self->arena, n + count + 1, sizeof *names);
    for (uint32_t i = 0; names && i < n; i++)
        names[i] = text_of(own[i]);
    for (uint32_t i = 0; names && i < count; i++)
        names[n + i] = arena_copy(&self->arena, more[i]);
    self->adds = names;
    self->adds_count = names ? n + count : 0;
    return names ? 0 : fail_memory(error);
}

static int32_t host_reveal(sluice_secret secret, char *out, uint64_t room, sluice_error *error) {
    sluice_text value = secret_value(secret);
    if (!value.len)
        return 1;
    if (value.len >= room || memchr(value.ptr, 0, value.len))
        return fail(error, SLUICE_E_CONFIG, "a secret has %llu bytes or more, or holds a NUL byte",
                    (unsigned long long)room);
    memcpy(out, value.ptr, value.len);
    out[value.len] = 0;
    return 0;
}

static void host_keeps(sluice_self *self, sluice_text store) {
    self->keeps = arena_copy(&self->arena, store);
    if (store.ptr && !self->keeps.ptr)
        abort(); /* a run that doesn't know its store would forget the one that the ledger remembers */
}

static int no_port(const sluice_self *self, sluice_error *error) {
    return fail(error, SLUICE_E_PLUGIN, "%s submits or asks outside of the service", self->place);
}

static int32_t host_submit(sluice_self *self, const sluice_job *job, sluice_error *error) {
    return self->port ? self->port->submit(self->port->user, job, error) : no_port(self, error);
}

static int32_t host_query(sluice_self *self, const sluice_query *query, sluice_each_row *row, void *user,
                          sluice_error *error) {
    return self->port ? self->port->query(self->port->user, query, row, user, error) : no_port(self, error);
}

static int32_t host_act(sluice_self *self, const sluice_act *act, sluice_acted *out, sluice_error *error) {
    return self->port ? self->port->act(self->port->user, act, out, error) : no_port(self, error);
}

static int32_t host_wait_change(sluice_self *self, sluice_text job, uint64_t *version, uint32_t wait_ms,
                                sluice_error *error) {
    return self->port ? self->port->wait_change(self->port->user, job, version, wait_ms, error)
                      : no_port(self, error);
}

static void host_finding(sluice_self *self, const sluice_finding *finding) {
    if (self->findings)
        findings_add(self->findings, finding);
}

static const sluice_host table = {
    .size = sizeof table,
    .abi_minor = SLUICE_ABI_MINOR,
    .version = SLUICE_VERSION,
    .log = host_log,
    .fail = fail,
    .alloc = host_alloc,
    .now_ms = clock_wall_ms,
    .nfkc = host_nfkc,
    .open_input = host_open_input,
    .spends = host_spends,
    .hmac = host_hmac,
    .columns = filling_columns,
    .reject_read = filling_reject,
    .submit = host_submit,
    .query = host_query,
    .set_column = changes_set_column,
    .reject = changes_reject,
    .drop = changes_drop,
    .endpoint = host_endpoint,
    .request_text = exchange_request_text,
    .request_secret = exchange_request_secret,
    .request_form = exchange_request_form,
    .request_form_secret = exchange_request_form_secret,
    .request_header = exchange_request_header,
    .request_header_secret = exchange_request_header_secret,
    .verdict = exchange_verdict,
    .service = exchange_service,
    .balance = exchange_balance,
    .candidate = exchange_candidate,
    .listing = exchange_listing,
    .more = exchange_more,
    .record = exchange_record,
    .keep_secret = exchange_keep_secret,
    .adds = instance_name_adds,
    .reveal = host_reveal,
    .secret_matches = secret_matches,
    .request_query = exchange_request_query,
    .request_query_secret = exchange_request_query_secret,
    .request_basic = exchange_request_basic,
    .reply_header = exchange_reply_header,
    .keeps = host_keeps,
    .finding = host_finding,
    .act = host_act,
    .wait_change = host_wait_change,
    .rejects = host_rejects,
};

const sluice_host *host_table(void) {
    return &table;
}

int instance_open(struct instance *instance, const sluice_component *type, const void *config,
                  const char *place, struct inputs *inputs, bool spends, sluice_error *error) {
    *instance = (struct instance){.type = type, .self = {.place = place, .inputs = inputs, .spends = spends}};
    return instance_begin(instance, config, error);
}

int instance_begin(struct instance *instance, const void *config, sluice_error *error) {
    const sluice_component *type = instance->self.type = instance->type;
    int failed = instance_name_adds(&instance->self, NULL, 0, error);
    if (!failed && (failed = type->open(host_table(), &instance->self, config, &instance->handle, error)))
        failed = fail_callback(error, failed, "open");
    if (failed) {
        arena_free(&instance->self.arena);
        instance->type = NULL;
    }
    return failed;
}

void instance_close(struct instance *instance) {
    if (!instance->type)
        return;
    if (instance->type->close)
        instance->type->close(instance->handle);
    arena_free(&instance->self.arena);
    instance->type = NULL;
}
