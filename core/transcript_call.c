/* One call of a transcript, through the real host. */
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "option_text.h"
#include "secret.h"
#include "text.h"
#include "transcript_parts.h"

enum { CUTS_MOST = 400, CONFIG_ROOM = 1 };

/* ---- the component -------------------------------------------------------------------------- */

static const sluice_component *find(const struct plugin *plugin, sluice_text name) {
    static const uint32_t kinds[] = {SLUICE_ACTION, SLUICE_SOURCE, SLUICE_SINK};
    char own[80];
    snprintf(own, sizeof own, "%.*s", TEXT_ARG(name));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const sluice_component *type = plugin_component(plugin, own, kinds[i]);
        if (type && type->exchanger)
            return type;
    }
    return NULL;
}

static const sluice_component *look_up(struct registry *registry, sluice_text name, sluice_error *error) {
    char plugin_name[80];
    const char *dot = name.len ? memchr(name.ptr, '.', name.len) : NULL;
    sluice_text first = {name.ptr, dot ? (uint64_t)(dot - name.ptr) : name.len};
    sluice_text own = dot ? (sluice_text){dot + 1, name.len - first.len - 1} : first;
    snprintf(plugin_name, sizeof plugin_name, "%.*s", TEXT_ARG(first));
    const struct plugin *plugin = registry_plugin(registry, plugin_name, error);
    if (!plugin)
        return NULL;
    const sluice_component *type = find(plugin, own);
    if (!type)
        fail(error, SLUICE_E_CONFIG, "the plugin '%s' has no component '%.*s' that talks to a service",
             plugin_name, TEXT_ARG(own));
    return type;
}

int transcript_open(struct transcript_component *component, struct registry *registry, sluice_text name,
                    const sluice_text *options, size_t option_count, sluice_error *error) {
    const sluice_component *type = look_up(registry, name, error);
    transcript_close(component);
    if (!type)
        return error->code;
    snprintf(component->name, sizeof component->name, "%.*s", TEXT_ARG(name));
    component->config = arena_zalloc(&component->arena, type->config_size ? type->config_size : CONFIG_ROOM);
    int failed = component->config ? option_text_defaults(type, component->config, &component->arena, error)
                                   : fail_memory(error);
    for (size_t i = 0; !failed && i < option_count; i++)
        failed = option_text_set(type, arena_printf(&component->arena, "%.*s", TEXT_ARG(options[i])),
                                 component->config, &component->arena, error);
    if (!failed)
        failed = instance_open(&component->instance, type, component->config, component->name,
                               &component->inputs, type->flags & SLUICE_SPENDS, error);
    component->open = !failed;
    return failed;
}

void transcript_close(struct transcript_component *component) {
    if (component->open)
        instance_close(&component->instance);
    inputs_free(&component->inputs);
    arena_free(&component->arena);
    *component = (struct transcript_component){0};
}

/* ---- words ---------------------------------------------------------------------------------- */

/* On one line: null is ~. */
static void put(FILE *out, sluice_text text) {
    if (!text.ptr)
        fputc('~', out);
    for (uint64_t i = 0; text.ptr && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n')
            fputs("\\n", out);
        else if (c < ' ' || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
}

static void put_list(FILE *out, const char *what, const sluice_text *texts, uint64_t count) {
    fputs(what, out);
    for (uint64_t i = 0; i < count; i++) {
        fputs(i ? " | " : " ", out);
        put(out, texts[i]);
    }
    fputc('\n', out);
}

static const char *kind_name(uint32_t kind) {
    static const char *const names[] = {"nothing",   "placed",       "checked",       "duplicate", "rejected",
                                        "no_credit", "refused_auth", "retry_later",   "in_doubt",  "refunded",
                                        "no_news",   "kept",         "refused_config"};
    return kind < sizeof names / sizeof *names ? names[kind] : "?";
}

static void put_verdict(FILE *out, const struct verdict *verdict) {
    fputs(kind_name(verdict->kind), out);
    if (verdict->twice)
        fputs(", and something else", out);
    if (verdict->order_id.len) {
        fputs(", order ", out);
        put(out, verdict->order_id);
    }
    if (verdict->price.len) {
        fputs(", price ", out);
        put(out, verdict->price);
    }
    if (verdict->kind == SLUICE_VERDICT_RETRY_LATER && verdict->retry_after_ms >= 0)
        fprintf(out, ", after %lld ms", (long long)verdict->retry_after_ms);
    fputs(verdict->split ? ", split" : "", out);
    fputs(verdict->login ? ", login" : "", out);
    if (verdict->code.len || verdict->text.len) {
        fputs(verdict->code.len ? ", " : "", out);
        put(out, verdict->code.len ? verdict->code : text_of(""));
        fputs(verdict->text.len ? ": " : "", out);
        put(out, verdict->text.len ? verdict->text : text_of(""));
    }
    fputc('\n', out);
}

static void put_verdicts(FILE *out, const struct call *call) {
    const struct sluice_self *self = &call->instance->self;
    if (call->whole.kind) {
        fputs("all ", out);
        put_verdict(out, &call->whole);
    }
    for (uint32_t i = 0; i < call->view.row_count; i++) {
        const struct verdict *verdict = &call->verdicts[i];
        if (!verdict->kind && call->whole.kind)
            continue;
        fprintf(out, "%u ", i + 1);
        put_verdict(out, verdict);
        for (uint32_t c = 0; verdict->values && c < self->adds_count; c++) {
            if (!verdict->values[c].ptr)
                continue;
            fprintf(out, "  %.*s: ", TEXT_ARG(self->adds[c]));
            put(out, verdict->values[c]);
            fputc('\n', out);
        }
    }
}

/* ---- results -------------------------------------------------------------------------------- */

struct recording {
    FILE *out;
    struct transcript_component *component;
};

static FILE *out_of(void *user) {
    return ((const struct recording *)user)->out;
}

static void on_service(void *user, const sluice_service *service) {
    const sluice_text texts[] = {service->id,       service->title,    service->price,
                                 service->currency, service->category, service->time};
    put_list(out_of(user), "service", texts, sizeof texts / sizeof *texts);
}

static void on_balance(void *user, sluice_text amount, sluice_text currency) {
    const sluice_text texts[] = {amount, currency};
    put_list(out_of(user), "balance", texts, 2);
}

static void on_candidate(void *user, const sluice_candidate *c) {
    const sluice_text texts[] = {c->order_id, c->identifier, c->service, c->service_title,
                                 c->created,  c->client_ref, c->price,   c->status};
    put_list(out_of(user), "candidate", texts, sizeof texts / sizeof *texts);
}

static void on_listing(void *user, const sluice_listing *listing) {
    put_list(out_of(user), listing->complete ? "listing, complete, oldest" : "listing, oldest",
             &listing->oldest, 1);
}

static void on_record(void *user, const sluice_text *values) {
    const struct recording *recording = user;
    put_list(recording->out, "record", values, recording->component->instance.self.adds_count);
}

/* ---- one call ------------------------------------------------------------------------------- */

struct making {
    struct transcript_component *component;
    const struct transcript_call *wanted;
    sluice_arena arena;
    struct batch *batch;
    sluice_row rows[TRANSCRIPT_ROWS];
    sluice_text references[TRANSCRIPT_ROWS];
    struct call call;
};

static int begin(struct making *making, sluice_error *error) {
    const struct transcript_call *wanted = making->wanted;
    struct filling filling;
    int failed = filling_begin(&filling, wanted->row_count ? wanted->row_count : 1, BATCH_BYTES, error);
    if (!failed)
        failed = filling_columns(&filling.view, wanted->names, wanted->column_count, error);
    if (failed)
        return failed;
    for (uint32_t r = 0; r < wanted->row_count; r++) {
        for (uint32_t c = 0; c < wanted->column_count; c++)
            filling.view.cells[c][r] = arena_copy(filling.view.arena, wanted->cells[c][r]);
        filling.view.numbers[r] = r + 1;
        making->references[r] = text_of(arena_printf(&making->arena, "reference-%u", r + 1));
    }
    filling.view.row_count = wanted->row_count;
    making->batch = filling_end(&filling);
    for (uint32_t r = 0; making->batch && r < wanted->row_count; r++)
        making->rows[r] = (sluice_row){.batch = &making->batch->view, .row = r};
    return 0;
}

static void end(struct making *making) {
    call_end(&making->call);
    call_free(&making->call);
    if (making->batch)
        batch_unref(making->batch);
    arena_free(&making->arena);
}

static uint32_t op_of(sluice_text name) {
    static const char *const names[] = {NULL,    "place", "check", "settle", "services",    "balance",
                                        "login", "page",  "write", "probe",  "check_store", "upload"};
    for (uint32_t op = 1; op < sizeof names / sizeof *names; op++)
        if (text_is(name, names[op]))
            return op;
    return 0;
}

/* Of the row, in the arena; as the ledger would know it. */
static int identify(struct making *making, uint32_t row, sluice_identity *out, sluice_error *error) {
    const struct instance *instance = &making->component->instance;
    *out = (sluice_identity){.size = sizeof *out};
    if (!instance->type->exchanger->identity)
        return fail(error, SLUICE_E_CONFIG, "'%s' has no identity", making->component->name);
    return instance->type->exchanger->identity(instance->handle, &making->rows[row], &making->arena, out,
                                               error);
}

static int put_identities(struct making *making, FILE *said, sluice_error *error) {
    for (uint32_t i = 0; i < making->wanted->row_count; i++) {
        sluice_identity identity;
        int answer = identify(making, i, &identity, error);
        const sluice_text texts[] = {identity.service, identity.identifier, identity.parameters};
        const sluice_text why[] = {identity.code, identity.reason};
        if (answer < 0)
            return answer;
        fprintf(said, "%u ", i + 1);
        put_list(said, answer ? "refused," : "is", answer ? why : texts, answer ? 2 : 3);
    }
    return 0;
}

static int build(struct making *making, uint32_t op, sluice_error *error) {
    struct call *call = &making->call;
    const struct transcript_call *wanted = making->wanted;
    int failed = call_begin(call, &making->component->instance, op, making->rows, wanted->row_count, error);
    if (failed)
        return failed;
    call->view.cookie = wanted->cookie;
    call->view.since_ms = wanted->since_ms;
    call->view.client_refs = making->references;
    if (op == SLUICE_OP_PLACE && wanted->row_count) {
        sluice_identity identity;
        int answer = identify(making, 0, &identity, error);
        if (answer)
            return answer < 0 ? answer
                              : fail(error, SLUICE_E_DATA, "row 1 can't be ordered: %.*s",
                                     TEXT_ARG(identity.reason));
        call->view.service = identity.service;
    }
    return call_build(call, error);
}

/* Each line of it, with the secrets struck out. */
static void put_request(FILE *asked, const struct call *call, sluice_arena *arena) {
    static const char *const methods[] = {"GET", "GET", "POST", "PUT", "PATCH", "DELETE"};
    const struct request *request = &call->request;
    sluice_text base = call->instance->self.endpoint.base_url;
    char *url = arena_printf(arena, "%s", call->url + (strlen(call->url) > base.len ? base.len : 0));
    url[secret_redact(url, strlen(url))] = 0;
    fprintf(asked, "%s %s\n",
            methods[request->view.method <= SLUICE_METHOD_DELETE ? request->view.method : 0], url);
    for (size_t i = 0; i < request->header_count; i++) {
        char *line = arena_printf(arena, "%s", request->headers[i].line);
        line[secret_redact(line, strlen(line))] = 0;
        fprintf(asked, "%s\n", line);
    }
    if (!request->length)
        return;
    char *body = arena_array(arena, request->length + 1, 1);
    memcpy(body, request->body, request->length);
    size_t length = secret_redact(body, request->length);
    fprintf(asked, "\n%.*s\n", (int)length, body);
}

/* In pieces of `step` bytes where the component takes them so. */
static int hear(struct making *making, size_t length, size_t step, sluice_error *error) {
    const struct transcript_call *wanted = making->wanted;
    struct http_result result = {.status = wanted->status,
                                 .content_type = wanted->content_type,
                                 .redirect = wanted->redirect,
                                 .retry_after_ms = wanted->retry_after_ms};
    for (size_t at = 0; at < length;) {
        size_t piece = step < length - at ? step : length - at;
        if (call_data(&making->call, wanted->status, wanted->content_type,
                      (sluice_text){wanted->body.ptr + at, piece}))
            break;
        at += piece;
    }
    return call_reply_end(&making->call, &result, error);
}

static void put_more(FILE *said, const struct call *call) {
    if (call->more)
        put_list(said, "more", &call->next_cookie, 1);
}

static int exchange(struct making *making, uint32_t op, FILE *asked, FILE *said, sluice_error *error) {
    enum { PIECE = 7 };
    struct recording recording = {said, making->component};
    struct call *call = &making->call;
    int failed = build(making, op, error);
    if (failed == SLUICE_LOGIN_FIRST) {
        fputs("log in first\n", said);
        return 0;
    }
    if (failed)
        return failed;
    put_request(asked, call, &making->arena);
    if (!making->wanted->status)
        return 0;
    call->results = (struct call_results){.service = on_service,
                                          .balance = on_balance,
                                          .candidate = on_candidate,
                                          .listing = on_listing,
                                          .record = on_record,
                                          .user = &recording};
    failed = hear(making, making->wanted->body.len, PIECE, error);
    if (!failed) {
        put_verdicts(said, call);
        put_more(said, call);
    }
    return failed;
}

int transcript_make(struct transcript_component *component, const struct transcript_call *wanted, FILE *asked,
                    FILE *said, sluice_error *error) {
    struct making making = {.component = component, .wanted = wanted};
    uint32_t op = op_of(wanted->op);
    if (!op && !text_is(wanted->op, "identity"))
        return fail(
            error, SLUICE_E_DATA,
            "there is no call '%.*s'; write identity, place, check, settle, services, balance, login or page",
            TEXT_ARG(wanted->op));
    int failed = begin(&making, error);
    if (!failed && op)
        failed = exchange(&making, op, asked, said, error);
    else if (!failed)
        failed = put_identities(&making, said, error);
    if (failed) {
        fprintf(said, "failed, %d: %s\n", -failed, error->text);
        *error = (sluice_error)ERROR_INIT;
    }
    end(&making);
    return 0;
}

/* ---- replies that break off ----------------------------------------------------------------- */

bool transcript_is_paid(const struct transcript_component *component, const struct transcript_call *call) {
    return text_is(call->op, "place") && component->instance.type->flags & SLUICE_SPENDS;
}

static bool is_free(uint32_t kind) {
    return kind == SLUICE_VERDICT_REJECTED || kind == SLUICE_VERDICT_NO_CREDIT ||
           kind == SLUICE_VERDICT_REFUSED_AUTH || kind == SLUICE_VERDICT_REFUSED_CONFIG ||
           kind == SLUICE_VERDICT_RETRY_LATER;
}

/* Does a reply of so many bytes say of a row that it wasn't charged? */
static bool says_free(struct transcript_component *component, const struct transcript_call *wanted,
                      size_t length) {
    struct making making = {.component = component, .wanted = wanted};
    sluice_error error = ERROR_INIT;
    bool found = false;
    int failed = begin(&making, &error);
    if (!failed)
        failed = build(&making, op_of(wanted->op), &error);
    if (!failed)
        failed = hear(&making, length, length ? length : 1, &error);
    for (uint32_t i = 0; !failed && i < wanted->row_count; i++)
        found |= is_free(call_verdict(&making.call, i)->kind);
    end(&making);
    return found;
}

size_t transcript_find_cut(struct transcript_component *component, const struct transcript_call *wanted) {
    size_t whole = text_trim(wanted->body).len, step = whole / CUTS_MOST + 1;
    size_t before = whole ? (size_t)(text_trim(wanted->body).ptr - wanted->body.ptr) : 0;
    for (size_t length = 1; length < whole; length += step)
        if (says_free(component, wanted, before + length))
            return before + length;
    return whole > 1 && says_free(component, wanted, before + whole - 1) ? before + whole - 1 : 0;
}
