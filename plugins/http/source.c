#include "source.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/text.h>

#include "action.h"
#include "map.h"

enum { REPLY_LIMIT = 64 * 1024 * 1024, FIELDS_MOST = 200 };

struct source {
    const sluice_host *host;
    sluice_self *self;
    const struct settings *settings;
    struct shape shape;
    struct list list;
    sluice_text names[FIELDS_MOST];
    sluice_text values[FIELDS_MOST];
};

/* ---- open ---------------------------------------------------------------------------------- */

static int find_foreign(void *user, sluice_text name) {
    (void)user;
    return !text_is(name, "page") && !text_is(name, "next");
}

static int32_t read_fields(struct source *source, sluice_error *error) {
    const sluice_pairs fields = source->settings->fields;
    char name[64];
    if (!fields.count || fields.count > FIELDS_MOST)
        return source->host->fail(error, SLUICE_E_CONFIG,
                                  "'fields' names 1 to %d fields, each with its pointer: {imei: /deviceId}",
                                  FIELDS_MOST);
    for (uint64_t i = 0; i < fields.count; i++) {
        source->names[i] = fields.items[i].key;
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(text_cut(fields.items[i].key, sizeof name - 1)));
        for (uint64_t v = 0; v < fields.items[i].values.count; v++) {
            int32_t failed =
                map_check_pointer(source->host, "fields", name, fields.items[i].values.items[v], error);
            if (failed)
                return failed;
        }
    }
    return source->host->adds(source->self, source->names, (uint32_t)fields.count, error);
}

static int32_t open_parts(struct source *source, sluice_error *error) {
    const struct settings *settings = source->settings;
    const sluice_host *host = source->host;
    int32_t failed = shape_read(&source->shape, host, settings, error);
    if (!failed && shape_each_name(&source->shape, find_foreign, NULL))
        failed =
            host->fail(error, SLUICE_E_CONFIG,
                       "a source has no record to take a name in {{ }} from; there are {{page}}, {{next}} "
                       "and {{api_key}}");
    if (!failed)
        failed = map_check_pointer(host, "items", "", settings->items, error);
    if (!failed)
        failed = map_check_pointer(host, "next", "", settings->next, error);
    if (!failed)
        failed = read_fields(source, error);
    if (failed)
        return failed;
    source->list = (struct list){.target = &source->shape.target,
                                 .items = settings->items.ptr ? settings->items : TEXT(""),
                                 .next = settings->next,
                                 .first_page = settings->first_page,
                                 .max_pages = settings->max_pages};
    sluice_endpoint endpoint = {
        .size = sizeof endpoint,
        .base_url = source->shape.base,
        .provider = settings->provider.len ? settings->provider : TEXT("http"),
        .user = settings->username,
        .account = settings->account,
        .reply_limit = REPLY_LIMIT,
    };
    return host->endpoint(source->self, &endpoint, error);
}

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error) {
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    source->host = host;
    source->self = self;
    source->settings = config;
    int32_t failed = open_parts(source, error);
    if (failed)
        source_close(source);
    else
        *instance = source;
    return failed;
}

void source_close(void *instance) {
    struct source *source = instance;
    shape_free(&source->shape);
    free(source);
}

/* ---- pages --------------------------------------------------------------------------------- */

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct source *source = instance;
    struct scope scope = {.row = NULL};
    char number[PAGE_TEXT];
    if (call->op != SLUICE_OP_PAGE)
        return source->host->fail(error, SLUICE_E_SOFTWARE, "this source has no op %u", call->op);
    struct page *page = source->host->alloc(request->arena, sizeof *page);
    if (!page)
        return source->host->fail(error, SLUICE_E_IO, "out of memory");
    page_read(page, &source->list, call->cookie);
    call->state = page; /* in the arena, which lives as long */
    page_name(page, &scope, number);
    return shape_build(&source->shape, &source->shape.target, page_path(page, &source->shape), &scope,
                       request, error);
}

struct reading {
    struct source *source;
    sluice_call *call;
};

static void take_record(void *user, struct reply *reply, sluice_text item) {
    struct reading *reading = user;
    struct source *source = reading->source;
    const sluice_pairs fields = source->settings->fields;
    for (uint64_t i = 0; i < fields.count; i++)
        source->values[i] = reply_first(reply, item, fields.items[i].values);
    source->host->record(reading->call, source->values);
}

static int32_t read_page(struct source *source, sluice_call *call, struct reply *reply,
                         const sluice_reply *from, sluice_error *error) {
    struct reading reading = {source, call};
    uint64_t count;
    int32_t failed = words_check(source->host, source->settings, reply, from, error);
    if (failed)
        return failed;
    if (!list_each(&source->list, reply, take_record, &reading, &count))
        return source->host->fail(error, SLUICE_E_DATA, "the reply has no list at '%.*s'; see 'items'",
                                  TEXT_ARG(source->list.items));
    if (reply->failed)
        return source->host->fail(error, SLUICE_E_IO, "out of memory");
    int32_t more = list_go_on(&source->list, &source->shape, reply, call, call->state, count, error);
    return more < 0 ? more : SLUICE_OK;
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *from, sluice_error *error) {
    struct reply reply;
    reply_read(&reply, from->body);
    int32_t failed = read_page(instance, call, &reply, from, error);
    reply_free(&reply);
    return failed;
}

const sluice_source source_pages = {.size = sizeof source_pages};

const sluice_exchanger source_exchanger = {
    .size = sizeof source_exchanger,
    .build = build,
    .parse = parse,
};
