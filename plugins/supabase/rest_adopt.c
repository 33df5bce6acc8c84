#include "rest_adopt.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sluice/json.h>
#include <sluice/text.h>

#include "rest_url.h"

/* ---- what comes next ------------------------------------------------------------------------ */

static bool brings_imported(const struct rest_sink *sink) {
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (orders_is_imported(sink->rows.items[i].values[0]))
            return true;
    return false;
}

void rest_adopt_assume(struct rest_sink *sink) {
    sink->imported = REST_IMPORTED_SOME;
    rest_rows_move(&sink->rows, REST_TO_INSERT, REST_TO_LOOK);
}

static bool is_open(const struct rest_row *row) {
    return row->state == REST_TO_INSERT && !row->compared;
}

bool rest_adopt_next(struct rest_sink *sink) {
    if (!sink->orders || sink->layout.imei < 0)
        return false;
    if (sink->imported == REST_IMPORTED_SOME && rest_rows_count(&sink->rows, REST_TO_ADOPT)) {
        sink->step = REST_ADOPT;
        return true;
    }
    if (!rest_rows_count(&sink->rows, REST_TO_INSERT))
        return false;
    if (sink->imported != REST_IMPORTED_SOME && brings_imported(sink)) {
        rest_adopt_assume(sink);
        sink->step = REST_LOOK;
        return true;
    }
    if (sink->imported == REST_IMPORTED_UNKNOWN) {
        sink->step = REST_IMPORTED;
        return true;
    }
    bool any = false;
    for (uint32_t i = 0; i < sink->rows.count && sink->imported == REST_IMPORTED_SOME && !any; i++)
        any = is_open(&sink->rows.items[i]);
    if (any)
        sink->step = REST_KIN;
    return any;
}

/* ---- requests ------------------------------------------------------------------------------- */

static int ask_any(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    rest_begin(&sink->rest);
    sql_add(&sink->rest.path, "select=order_id&limit=1&order_id=like." ORDERS_IMPORTED "*");
    return rest_request(&sink->rest, request, SLUICE_METHOD_GET, NULL, error);
}

/* The stored orders of the IMEIs of rows that aren't there under their ids. */
static int ask_kin(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    struct sql *path = &sink->rest.path;
    uint32_t count = 0;
    bool theirs = false;
    rest_rows_move(&sink->rows, REST_COMPARED, REST_TO_INSERT); /* the same once more */
    rest_begin(&sink->rest);
    sql_add(path, "select=");
    for (uint32_t i = 0; i < sink->layout.count; i++) {
        sql_add(path, i ? "," : "");
        rest_url_name(path, sink->layout.values[i].name);
    }
    sql_add(path, "&imei=in.(");
    for (uint32_t i = 0; i < sink->rows.count && count < sink->look_most && path->length < sink->look_bytes;
         i++) {
        struct rest_row *row = &sink->rows.items[i];
        if (!is_open(row))
            continue;
        sql_add(path, count++ ? "," : "");
        rest_url_value(path, row->values[sink->layout.imei]);
        row->state = REST_COMPARED;
        theirs = theirs || orders_is_imported(row->values[0]);
    }
    sql_add(path, theirs ? ")" : ")&order_id=like." ORDERS_IMPORTED "*");
    return rest_request(&sink->rest, request, SLUICE_METHOD_GET, "count=exact", error);
}

static struct rest_row *adopting(struct rest_sink *sink) {
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (sink->rows.items[i].state == REST_TO_ADOPT)
            return &sink->rows.items[i];
    return NULL;
}

static void add_equal(struct sql *path, const char *column, sluice_text value) {
    sql_add(path, "%s=eq.", column);
    rest_url_add(path, value);
}

static int ask_adopt(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    const struct rest_row *row = adopting(sink);
    struct sql *path = &sink->rest.path;
    rest_begin(&sink->rest);
    add_equal(path, "order_id", row->adopts);
    if (sink->layout.provider >= 0)
        add_equal(path, "&provider", row->values[sink->layout.provider]);
    if (sink->layout.account >= 0)
        add_equal(path, "&account", row->values[sink->layout.account]);
    sql_clear(&sink->body);
    sql_add(&sink->body, "{\"order_id\":");
    rest_add_string(&sink->body, row->values[0]);
    sql_add(&sink->body, "}");
    if (sink->body.failed)
        return rest_no_memory(&sink->rest, error);
    request->content_type = TEXT("application/json");
    sink->host->request_text(request, (sluice_text){sink->body.text, sink->body.length}, SLUICE_ENCODE_RAW);
    return rest_request(&sink->rest, request, SLUICE_METHOD_PATCH, "return=minimal,count=exact", error);
}

int rest_adopt_ask(struct rest_sink *sink, sluice_request *request, sluice_error *error) {
    return sink->step == REST_IMPORTED ? ask_any(sink, request, error)
           : sink->step == REST_KIN    ? ask_kin(sink, request, error)
                                       : ask_adopt(sink, request, error);
}

/* ---- which order is which ------------------------------------------------------------------- */

/* 2026-11-20 10:00:00, with T, a fraction, Z or +02:00 as it may be. False: it isn't that. */
static bool read_time(sluice_text text, int64_t *seconds) {
    char copy[48];
    struct tm at = {0};
    if (!text.len || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    char *rest = strptime(copy, "%Y-%m-%d", &at);
    if (rest && (*rest == ' ' || *rest == 'T'))
        rest = strptime(rest + 1, "%H:%M:%S", &at);
    if (!rest)
        return false;
    *seconds = timegm(&at);
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest == '+' || *rest == '-') {
        char *minutes;
        long hours = strtol(rest + 1, &minutes, 10);
        long offset = hours * 3600 + (*minutes == ':' ? strtol(minutes + 1, NULL, 10) * 60 : 0);
        *seconds -= *rest == '-' ? -offset : offset;
    }
    return true;
}

static sluice_text value_of(const struct rest_layout *layout, const sluice_text *values, const char *name) {
    for (uint32_t i = 0; i < layout->count; i++)
        if (text_is(layout->values[i].name, name))
            return values[i];
    return TEXT("");
}

/* An export's times may be those of another zone. */
static bool is_same_purchase(const struct rest_layout *layout, const sluice_text *new,
                             const sluice_text *old) {
    enum { DAY = 86400 };
    int64_t one, other;
    if (!text_equal(new[layout->imei], old[layout->imei]) ||
        !text_equal(value_of(layout, new, "service_name"), value_of(layout, old, "service_name")))
        return false;
    return !read_time(value_of(layout, new, "order_date"), &one) ||
           !read_time(value_of(layout, old, "order_date"), &other) || llabs(one - other) <= DAY;
}

static bool is_same_owner(const sluice_text *new, const sluice_text *old, int32_t value) {
    return value < 0 || text_equal(new[value], old[value]);
}

static bool is_taken(const struct rest_sink *sink, sluice_text imported) {
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (text_equal(sink->rows.items[i].adopts, imported))
            return true;
    return false;
}

/* A stored order beside the rows of its IMEI. */
static void compare(struct rest_sink *sink, const sluice_text *old) {
    const struct rest_layout *layout = &sink->layout;
    bool made_up = orders_is_imported(old[0]);
    for (uint32_t i = 0; i < sink->rows.count; i++) {
        struct rest_row *row = &sink->rows.items[i];
        if (row->state != REST_COMPARED || orders_is_imported(row->values[0]) == made_up ||
            !is_same_purchase(layout, row->values, old))
            continue;
        if (!made_up)
            row->state = REST_DONE; /* it is stored, with more than an export says */
        else if (!row->adopts.len && is_same_owner(row->values, old, layout->provider) &&
                 is_same_owner(row->values, old, layout->account) && !is_taken(sink, old[0]))
            row->adopts = old[0];
    }
}

/* ---- replies -------------------------------------------------------------------------------- */

void rest_adopt_done(struct rest_sink *sink) {
    struct rest_row *row = adopting(sink);
    row->state = REST_TO_LOOK; /* under its id now, whoever gave it that */
    row->adopts = TEXT("");
}

/* No row was changed: somebody else was faster, which is seen under its id, or among those of its IMEI. */
static void adopt_again(struct rest_sink *sink) {
    struct rest_row *row = adopting(sink);
    row->kept = true;
    row->compared = false;
    rest_adopt_done(sink);
}

static int say_kept(const struct rest_sink *sink, const struct rest_row *row, sluice_error *error) {
    return sink->host->fail(
        error, SLUICE_E_AUTH,
        "%s: table %s keeps order %.*s as it is, which should get the provider's id %.*s: row level security "
        "has no policy for UPDATE, or a trigger leaves it out; take the secret or service_role key, or add "
        "a policy",
        sink->rest.server, sink->rest.shown, (int)(row->adopts.len < 80 ? row->adopts.len : 80),
        row->adopts.ptr, (int)(row->values[0].len < 80 ? row->values[0].len : 80), row->values[0].ptr);
}

static int check_kept(const struct rest_sink *sink, sluice_error *error) {
    for (uint32_t i = 0; i < sink->rows.count; i++)
        if (sink->rows.items[i].kept && sink->rows.items[i].state == REST_TO_ADOPT)
            return say_kept(sink, &sink->rows.items[i], error);
    return 0;
}

/* A reply that has room for fewer than there are says nothing of the others; they are asked for again. */
static void settle(struct rest_sink *sink, uint64_t found, int64_t total) {
    bool cut = total > 0 && (uint64_t)total > found && sink->look_most > 1;
    if (cut)
        sink->look_most /= 2;
    for (uint32_t i = 0; i < sink->rows.count; i++) {
        struct rest_row *row = &sink->rows.items[i];
        if (row->state != REST_COMPARED)
            continue;
        row->compared = !cut || row->adopts.len;
        row->state = row->adopts.len ? REST_TO_ADOPT : REST_TO_INSERT;
    }
}

static int hear_kin(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                    sluice_error *error) {
    struct json_walk walk;
    sluice_text object;
    uint64_t found = 0;
    json_walk_list(&walk, reply->body);
    while (json_next_item(&walk, &object)) {
        sluice_text *old;
        int failed = rest_read_stored(sink, object, &old, error);
        if (failed)
            return failed;
        compare(sink, old);
        found++;
    }
    if (!json_walk_whole(&walk))
        return 1;
    settle(sink, found, rest_count(&sink->rest, call));
    return check_kept(sink, error);
}

/* The list is empty, or not. */
static int hear_any(struct rest_sink *sink, const sluice_reply *reply) {
    struct json_walk walk;
    sluice_text object;
    json_walk_list(&walk, reply->body);
    bool some = json_next_item(&walk, &object);
    while (some && json_next_item(&walk, &object))
        continue;
    if (!json_walk_whole(&walk))
        return 1;
    sink->imported = REST_IMPORTED_NONE;
    if (some)
        rest_adopt_assume(sink);
    return 0;
}

int rest_adopt_hear(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                    sluice_error *error) {
    if (sink->step == REST_IMPORTED)
        return hear_any(sink, reply);
    if (sink->step == REST_KIN)
        return hear_kin(sink, call, reply, error);
    int64_t changed = rest_count(&sink->rest, call);
    if (changed > 0)
        rest_adopt_done(sink);
    else if (!changed)
        adopt_again(sink);
    return changed < 0;
}
