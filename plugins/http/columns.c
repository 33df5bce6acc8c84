#include "columns.h"

#include <stdio.h>

#include <shared/code_pairs.h>
#include <sluice/json.h>
#include <sluice/text.h>

#include "map.h"
#include "pointer.h"

enum { RAW_MOST = 64 * 1024, FIELDS_MOST = 40 };

/* What a result's text is taken apart into, in the order of enum code_field, behind the text itself. */
static const char *const derived[] = {"result_code_display", "carrier", "simlock", "model", "fmi", "imei2"};

static const char *const statuses[] = {"Pending", "In Process", "Completed", "Rejected"};

/* ---- open ---------------------------------------------------------------------------------- */

static int32_t find(const struct columns *columns, const char *name) {
    for (uint32_t i = 0; i < columns->count; i++)
        if (text_is(columns->names[i], name))
            return (int32_t)i;
    return -1;
}

static void add(struct columns *columns, sluice_text name, sluice_texts pointers) {
    columns->names[columns->count] = name;
    columns->pointers[columns->count++] = pointers;
}

/* What the core or this action says of an order itself. */
static bool is_own(sluice_text name) {
    static const char *const own[] = {"order_id", "status",  "service_id", "credits",     "order_date",
                                      "provider", "account", "imei",       "raw_response"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_is(name, own[i]))
            return true;
    return false;
}

static int32_t read_field(struct columns *columns, const sluice_host *host, const sluice_pair *pair,
                          sluice_error *error) {
    char name[100];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(text_cut(pair->key, sizeof name - 1)));
    if (!pair->key.len || (columns->orders && is_own(pair->key)))
        return host->fail(error, SLUICE_E_CONFIG, "'fields': '%s' is the action's own to set; remove it",
                          name);
    for (uint64_t i = 0; i < pair->values.count; i++) {
        int32_t failed = map_check_pointer(host, "fields", name, pair->values.items[i], error);
        if (failed)
            return failed;
    }
    add(columns, pair->key, pair->values);
    return SLUICE_OK;
}

static int32_t read_statuses(const struct columns *columns, const sluice_host *host, sluice_error *error) {
    const struct settings *settings = columns->settings;
    for (uint64_t i = 0; i < settings->statuses.count; i++) {
        size_t known = 0;
        while (known < 4 && !text_is(settings->statuses.items[i].key, statuses[known]))
            known++;
        if (known == 4)
            return host->fail(
                error, SLUICE_E_CONFIG,
                "'statuses': '%.*s' is no status; write {Completed: [done], Rejected: [failed], "
                "\"In Process\": [running], Pending: [new]}",
                TEXT_ARG(text_cut(settings->statuses.items[i].key, 64)));
    }
    if (!settings->status.ptr != !settings->statuses.count)
        return host->fail(error, SLUICE_E_CONFIG,
                          "'status' says where the status stands, 'statuses' what its words mean: give both");
    return SLUICE_OK;
}

int32_t columns_read(struct columns *columns, const sluice_host *host, sluice_self *self,
                     const struct settings *settings, bool orders, sluice_error *error) {
    const sluice_texts none = {NULL, 0};
    *columns = (struct columns){.settings = settings, .orders = orders, .result_code = -1, .derived = -1};
    if (settings->fields.count > FIELDS_MOST)
        return host->fail(error, SLUICE_E_CONFIG, "'fields' names more than %d fields", FIELDS_MOST);
    int32_t failed = read_statuses(columns, host, error);
    if (!failed && (orders || settings->status.ptr))
        add(columns, TEXT("status"), none);
    for (uint64_t i = 0; !failed && i < settings->fields.count; i++)
        failed = read_field(columns, host, &settings->fields.items[i], error);
    if (failed)
        return failed;
    if (orders && (columns->result_code = find(columns, "result_code")) >= 0) {
        columns->derived = (int32_t)columns->count;
        for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
            if (find(columns, derived[i]) < 0)
                add(columns, text_of(derived[i]), none);
    }
    if (orders)
        add(columns, TEXT("raw_response"), none);
    columns->raw.most = columns->pairs.most = 2 * RAW_MOST;
    return host->adds(self, columns->names, columns->count, error);
}

void columns_free(struct columns *columns) {
    code_free(&columns->code);
    buffer_free(&columns->raw);
    buffer_free(&columns->pairs);
}

/* ---- a reply ------------------------------------------------------------------------------- */

sluice_text columns_status(const struct columns *columns, struct reply *reply) {
    const struct settings *settings = columns->settings;
    sluice_text word = text_trim(reply_at(reply, settings->status));
    for (uint64_t i = 0; word.len && i < settings->statuses.count; i++) {
        const sluice_pair *pair = &settings->statuses.items[i];
        for (uint64_t v = 0; v < pair->values.count; v++)
            if (text_same(word, text_trim(pair->values.items[v])))
                return pair->key;
    }
    return (sluice_text){NULL, 0};
}

/* {"Carrier": "X", "Locked": true} as a site would write it: a pair a line. */
static sluice_text write_lines(struct columns *columns, struct reply *reply, sluice_text object) {
    struct json_walk walk;
    sluice_text key, value;
    columns->pairs.length = 0;
    json_walk_object(&walk, object);
    while (json_next_member(&walk, &key, &value)) {
        if (columns->pairs.length)
            buffer_string(&columns->pairs, "\n");
        buffer_add(&columns->pairs, reply_text(reply, key));
        buffer_string(&columns->pairs, ": ");
        buffer_add(&columns->pairs, reply_text(reply, value));
    }
    return (sluice_text){columns->pairs.text, columns->pairs.length};
}

static bool take_apart(struct columns *columns, struct reply *reply) {
    sluice_text result = columns->values[columns->result_code];
    if (result.len && result.ptr[0] == '{' && json_whole(result, '{').ptr)
        result = write_lines(columns, reply, result);
    if (!code_read(&columns->code, result))
        return false;
    for (int32_t i = columns->derived; i < (int32_t)columns->count; i++) {
        sluice_text name = columns->names[i];
        for (size_t d = 0; d < sizeof derived / sizeof *derived; d++)
            if (text_is(name, derived[d]))
                columns->values[i] = d ? columns->code.fields[d - 1] : columns->code.display;
    }
    return true;
}

/* A large reply is kept by what was taken out of it. */
static sluice_text write_raw(struct columns *columns, const struct reply *reply, const char *step) {
    struct buffer *raw = &columns->raw;
    raw->length = 0;
    buffer_format(raw, "{\"%s\":", step);
    buffer_add(raw, reply->root.len <= RAW_MOST ? reply->root : TEXT("{}"));
    if (columns->result_code >= 0)
        code_write_pairs(raw, &columns->code);
    buffer_string(raw, "}");
    return (sluice_text){raw->text, raw->length};
}

bool columns_fill(struct columns *columns, struct reply *reply, sluice_text status, const char *step) {
    const sluice_text none = {NULL, 0};
    columns->raw.failed = columns->pairs.failed = false;
    for (uint32_t i = 0; i < columns->count; i++) {
        sluice_text value =
            columns->pointers[i].count ? reply_first(reply, reply->root, columns->pointers[i]) : none;
        bool nothing = !value.len || text_is(value, "[]") || text_is(value, "{}");
        columns->values[i] = nothing ? none : value;
    }
    int32_t at = find(columns, "status");
    if (at >= 0)
        columns->values[at] = status;
    if (columns->result_code >= 0 && !take_apart(columns, reply))
        return false;
    if (columns->orders)
        columns->values[columns->count - 1] = write_raw(columns, reply, step);
    return !reply->failed && !columns->raw.failed && !columns->pairs.failed;
}
