/* A source over REST. Rows are read by the key, a page at a time, until a page is empty: a reply may have
 * fewer rows than were asked for, whatever the project's limit is. A list of IMEIs that is too long for an
 * address goes out in parts; what they bring is put in order before it is given on. */
#include <stdlib.h>
#include <string.h>

#include <sluice/json.h>
#include <sluice/text.h>
#include <sluice/utf8.h>

#include "pool.h"
#include "rest.h"
#include "rest_query.h"
#include "select.h"
#include "way.h"

enum { KEY_MOST = 300, HELD_BYTES = 512 * 1024 * 1024 };

struct held {
    sluice_text key;
    sluice_text *values;
};

struct source {
    struct way way; /* first */
    const sluice_host *host;
    sluice_self *self;
    const struct source_options *options;
    struct rest rest;
    struct rest_columns columns;
    struct select times; /* for its reading of those options */
    struct rest_query query;
    bool parts;           /* the list takes several requests: what comes is held */
    char after[KEY_MOST]; /* key of the last row; "": none */
    uint64_t page;        /* rows in one reply; less after one that took too long */
    uint64_t given, part; /* rows; of this part */
    sluice_text *names;   /* fields; NULL until the first row */
    uint32_t name_count;
    struct pool kept, pool; /* the names; rows of a page, or all that are held */
    struct held *held;
    uint64_t held_count, held_room, held_bytes;
};

static int no_memory(const struct source *source, sluice_error *error) {
    return source->host->fail(error, SLUICE_E_IO, "out of memory");
}

static uint64_t limit_of(const struct source *source) {
    return source->options->limit ? (uint64_t)source->options->limit : UINT64_MAX;
}

/* ---- asking --------------------------------------------------------------------------------- */

static int32_t source_build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct source *source = instance;
    uint64_t left = limit_of(source) - (source->parts ? source->part : source->given);
    (void)call;
    if (!source->query.to)
        source->query.to = rest_query_reach(&source->query);
    const sluice_texts *list = rest_query_list(source->options);
    source->parts = list && (source->query.from || source->query.to < list->count);
    rest_begin(&source->rest);
    rest_query_add(&source->rest.path, &source->query, text_of(source->after),
                   left < source->page ? left : source->page);
    return rest_request(&source->rest, request, SLUICE_METHOD_GET, NULL, error);
}

/* ---- values --------------------------------------------------------------------------------- */

static bool is_time(sluice_text name) {
    return text_is(name, "order_date") || text_is(name, "created_at") || text_is(name, "updated_at");
}

/* 2026-11-22T10:00:00.123+00:00 as the rest of the program writes it; another zone stays as it is. */
static sluice_text plain_time(sluice_text text, char *own) {
    if (text.len < 19 || own[10] != 'T')
        return text;
    bool utc = text.len == 19 || own[text.len - 1] == 'Z' ||
               (text.len > 25 && memcmp(own + text.len - 6, "+00:00", 6) == 0) ||
               (text.len == 25 && memcmp(own + 19, "+00:00", 6) == 0);
    if (!utc)
        return text;
    own[10] = ' ';
    return (sluice_text){own, 19};
}

/* Money without zeros at the end. */
static sluice_text plain_number(sluice_text text) {
    if (!memchr(text.ptr, '.', text.len) || memchr(text.ptr, 'e', text.len) ||
        memchr(text.ptr, 'E', text.len))
        return text;
    while (text.ptr[text.len - 1] == '0')
        text.len--;
    text.len -= text.ptr[text.len - 1] == '.';
    return text;
}

/* The text of a value, in the pool; len UINT64_MAX: out of memory. */
static sluice_text read_value(struct source *source, sluice_text name, sluice_text value) {
    if (*value.ptr == 'n')
        return (sluice_text){NULL, 0};
    char *own = pool_alloc(&source->pool, value.len);
    if (!own)
        return (sluice_text){NULL, UINT64_MAX};
    if (*value.ptr == '"') {
        sluice_text text = {own, json_decode(value, own)};
        return is_time(name) ? plain_time(text, own) : text;
    }
    memcpy(own, value.ptr, value.len);
    bool number = *own == '-' || text_is_digit(*own);
    return number ? plain_number((sluice_text){own, value.len}) : (sluice_text){own, value.len};
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* With `fields` those; else what the first row has behind the key. */
static int name_fields(struct source *source, sluice_text row, sluice_error *error) {
    sluice_texts fields = source->options->fields;
    struct json_walk walk;
    sluice_text key, value;
    uint32_t count = 0;
    json_walk_object(&walk, row);
    while (json_next_member(&walk, &key, &value))
        count++;
    source->names = pool_alloc(&source->kept, (count + fields.count + 2) * sizeof *source->names);
    if (!source->names)
        return no_memory(source, error);
    source->name_count = 0;
    for (uint64_t i = 0; i < fields.count; i++)
        source->names[source->name_count++] = fields.items[i];
    json_walk_object(&walk, row);
    while (!fields.count && json_next_member(&walk, &key, &value)) {
        char *own = pool_alloc(&source->kept, key.len);
        if (!own)
            return no_memory(source, error);
        if (!json_is(key, REST_QUERY_KEY))
            source->names[source->name_count++] = (sluice_text){own, json_decode(key, own)};
    }
    if (source->options->keyed)
        source->names[source->name_count++] = TEXT(SOURCE_KEY);
    return source->host->adds(source->self, source->names, source->name_count, error);
}

static uint32_t field_named(const struct source *source, sluice_text key, uint32_t guess) {
    sluice_text name = {key.ptr + 1, key.len - 2};
    for (uint32_t i = 0; i < source->name_count; i++, guess++)
        if (text_equal(source->names[guess % source->name_count], name))
            return guess % source->name_count;
    return source->name_count;
}

static int hold(struct source *source, struct held *row, sluice_error *error) {
    if (source->held_count == source->held_room) {
        uint64_t room = source->held_room ? source->held_room * 2 : 1024;
        struct held *more = realloc(source->held, room * sizeof *more);
        if (!more)
            return no_memory(source, error);
        source->held = more;
        source->held_room = room;
    }
    source->held[source->held_count++] = *row;
    return source->held_bytes < HELD_BYTES
               ? 0
               : source->host->fail(error, SLUICE_E_DATA,
                                    "%s: what the list asks for is more than %d MiB; ask for fewer at a time",
                                    source->rest.server, HELD_BYTES >> 20);
}

/* One row: given on, or held. 0; 1: it can't be read; negative: failed. */
static int hear_row(struct source *source, sluice_call *call, sluice_text object, sluice_error *error) {
    struct json_walk walk;
    struct held row = {.key = {NULL, 0}};
    sluice_text key, value;
    if (!json_walk_object(&walk, object))
        return 1;
    int failed = source->names ? 0 : name_fields(source, object, error);
    row.values = failed ? NULL : pool_zalloc(&source->pool, (source->name_count + 1) * sizeof *row.values);
    if (!row.values)
        return failed ? failed : no_memory(source, error);
    for (uint32_t guess = 0; json_next_member(&walk, &key, &value);) {
        bool is_key = json_is(key, REST_QUERY_KEY);
        uint32_t at = is_key ? 0 : field_named(source, key, guess++);
        if (!is_key && at == source->name_count)
            continue;
        sluice_text text = read_value(source, is_key ? TEXT("") : source->names[at], value);
        if (text.len == UINT64_MAX)
            return no_memory(source, error);
        *(is_key ? &row.key : &row.values[at]) = text;
    }
    if (!walk.ended || !row.key.len || row.key.len >= sizeof source->after)
        return 1;
    if (source->options->keyed)
        row.values[source->name_count - 1] = row.key;
    memcpy(source->after, row.key.ptr, row.key.len);
    source->after[row.key.len] = 0;
    source->part++;
    source->held_bytes += object.len;
    if (source->parts)
        return hold(source, &row, error);
    source->given++;
    source->host->record(call, row.values);
    return 0;
}

static bool is_utf8(sluice_text text) {
    for (uint64_t i = 0; i < text.len;) {
        unsigned length = utf8_sequence(text.ptr + i, text.len - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b) {
    sluice_text x = ((const struct held *)a)->key, y = ((const struct held *)b)->key;
    bool numbers = text_is_digit(*x.ptr) && text_is_digit(*y.ptr);
    if (numbers && x.len != y.len)
        return x.len < y.len ? -1 : 1;
    int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
    return order ? order : (x.len > y.len) - (x.len < y.len);
}

static void give_held(struct source *source, sluice_call *call) {
    uint64_t count = source->held_count, limit = limit_of(source);
    bool newest = source->options->order == SOURCE_NEWEST;
    if (count)
        qsort(source->held, count, sizeof *source->held, compare_keys);
    for (uint64_t i = 0; i < count && i < limit; i++)
        source->host->record(call, source->held[newest ? count - 1 - i : i].values);
    source->given += count < limit ? count : limit;
}

static void warn_of_nothing(struct source *source) {
    if (!source->given && source->rest.role == REST_ROLE_ANON)
        source->host->log(
            source->self, SLUICE_LOG_WARN,
            "table %s shows no such rows to the anon or publishable key; row level security hides "
            "them without a word, and the secret or service_role key sees them",
            source->rest.shown);
}

/* Where a page ended, the next one begins. */
static void begin_behind(struct source *source) {
    sluice_text after = source->options->after;
    if (after.len)
        memcpy(source->after, after.ptr, after.len);
    source->after[after.len] = 0;
}

/* A part, or all there is, was read to its end. */
static void end_part(struct source *source, sluice_call *call) {
    const sluice_texts *list = rest_query_list(source->options);
    begin_behind(source);
    source->part = 0;
    source->query.from = source->query.to;
    source->query.to = 0;
    if (list && source->query.from < list->count) {
        source->host->more(call, TEXT("part"));
        return;
    }
    if (source->parts)
        give_held(source, call);
    warn_of_nothing(source);
}

/* ---- hearing -------------------------------------------------------------------------------- */

static int hear_page(struct source *source, sluice_call *call, const sluice_reply *reply,
                     sluice_error *error) {
    struct json_walk walk;
    sluice_text object;
    uint64_t count = 0;
    int failed = is_utf8(reply->body) ? 0 : 1;
    if (!source->parts)
        pool_free(&source->pool);
    json_walk_list(&walk, reply->body);
    for (; !failed && json_next_item(&walk, &object); count++)
        failed = hear_row(source, call, object, error);
    if (failed < 0)
        return failed;
    if (failed || !json_walk_whole(&walk))
        return source->host->fail(error, SLUICE_E_UNAVAILABLE,
                                  "%s: the reply isn't a list of rows; is SUPABASE_URL (option 'url') the "
                                  "project's address?",
                                  source->rest.server);
    if (count && (source->parts ? source->part : source->given) < limit_of(source))
        source->host->more(call, TEXT("page"));
    else
        end_part(source, call);
    return 0;
}

/* Columns of orders that an older table doesn't have are null; rows are read by order_id where there is no
 * id. */
static bool does_without(struct source *source, sluice_call *call, const struct rest_fault *fault) {
    sluice_texts fields = source->options->fields;
    if (strcmp(fault->code, "42703") != 0)
        return false;
    for (uint64_t i = 0; i < fields.count; i++)
        for (size_t c = 0; c < order_column_count; c++)
            if (text_is(fields.items[i], order_columns[c].name) &&
                !rest_columns_want(&source->columns, fields.items[i]))
                return false;
    bool missed = rest_columns_miss(&source->columns, fault->words);
    if (rest_columns_find(&source->columns, TEXT("id")) == REST_MISSING &&
        strcmp(source->query.key, "id") == 0)
        source->query.key = "order_id";
    if (missed)
        source->host->more(call, TEXT("without"));
    return missed;
}

static int32_t source_parse(void *instance, sluice_call *call, const sluice_reply *reply,
                            sluice_error *error) {
    struct source *source = instance;
    struct rest_fault fault;
    enum rest_kind kind;
    rest_fault_read(&fault, reply->status, reply->body, source->rest.shown, source->rest.role);
    if (does_without(source, call, &fault))
        return 0;
    if (fault.kind == REST_ROW)
        return source->host->fail(error, SLUICE_E_CONFIG, "%s: %s", source->rest.server, fault.text);
    int failed = rest_hear(&source->rest, call, reply, &kind, &fault, error);
    if (failed)
        return failed;
    if (kind == REST_SIZE && source->page > 1)
        source->page /= 2;
    if (kind == REST_AGAIN && !*fault.code && rest_query_list(source->options) && source->part == 0 &&
        source->query.list_bytes > REST_LIST_BYTES_LEAST) { /* too long for a gateway, perhaps */
        source->query.list_bytes /= 2;
        source->query.to = rest_query_reach(&source->query);
    }
    return kind == REST_FINE ? hear_page(source, call, reply, error) : 0;
}

/* ---- open and close ------------------------------------------------------------------------- */

static void close_source(void *instance) {
    struct source *source = instance;
    rest_free(&source->rest);
    rest_columns_free(&source->columns);
    pool_free(&source->kept);
    pool_free(&source->pool);
    free(source->held);
    free(source);
}

int32_t rest_source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    const struct source_options *options = config;
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    *source = (struct source){
        .way.close = close_source, .host = host, .self = self, .options = options, .page = REST_ROWS};
    source->times.options = options;
    source->query = (struct rest_query){.options = options,
                                        .since = source->times.since,
                                        .until = source->times.until,
                                        .key = "id",
                                        .columns = &source->columns,
                                        .list_bytes = REST_LIST_BYTES};
    int failed = select_read_times(&source->times, host, error);
    if (!failed && options->after.len >= sizeof source->after)
        failed =
            host->fail(error, SLUICE_E_CONFIG, "option 'after': that is no " SOURCE_KEY " of this store");
    if (!failed)
        begin_behind(source);
    if (!failed)
        failed = rest_open(&source->rest, host, self, options->url, options->key, options->table, 1, error);
    if (!failed && !rest_columns_want(&source->columns, TEXT("id")))
        failed = no_memory(source, error);
    if (failed)
        close_source(source);
    else
        *instance = source;
    return failed;
}

const sluice_exchanger rest_source_callbacks = {
    .size = sizeof(sluice_exchanger),
    .build = source_build,
    .parse = source_parse,
};
