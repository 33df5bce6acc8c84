#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sluice/text.h>

#include "sandbox_books.h"

enum { DAY_MS = 24 * 3600 * 1000 };

struct listing {
    struct sandbox *sandbox;
    int64_t now_ms, zone_ms;
    int64_t late_ms; /* an order is listed only that long after it was placed */
    int64_t skip;    /* so many of the oldest are left out */
    bool foreign;
};

static void write_time(struct buffer *out, int64_t ms) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    buffer_string(out, text);
}

static void write_order(const struct listing *listing, const struct books_entry *entry) {
    struct sandbox *sandbox = listing->sandbox;
    struct buffer *out = &sandbox->out;
    const struct sandbox_service *service = sandbox_service_find(text_of(entry->service));
    enum sandbox_status status = books_status(sandbox, entry, listing->now_ms);
    sluice_text imei = text_of(entry->imei);
    buffer_format(out, "<imeis><id>%lld</id>", (long long)entry->id);
    sandbox_element(sandbox, "package", text_of(service ? service->title : ""));
    buffer_format(out, "<imei>%s</imei>", entry->imei);
    sandbox_status(sandbox, imei, status);
    buffer_string(out, "<code>");
    if (status == SANDBOX_COMPLETED)
        sandbox_code(sandbox, imei);
    else if (status == SANDBOX_REJECTED)
        sandbox_reason(sandbox, imei);
    buffer_string(out, "</code><requestedat>");
    write_time(out, entry->placed_ms + listing->zone_ms);
    buffer_string(out, "</requestedat></imeis>");
}

static int32_t list_entry(void *user, sluice_text key, sluice_text value) {
    struct listing *listing = user;
    struct books_entry entry;
    if (books_read(key, value, &entry))
        write_order(listing, &entry);
    return listing->sandbox->out.failed;
}

static int32_t count_entry(void *user, sluice_text key, sluice_text value) {
    struct listing *listing = user;
    (void)key, (void)value;
    listing->skip++;
    return 0;
}

static int32_t list_recent(void *user, sluice_text key, sluice_text value) {
    struct listing *listing = user;
    struct books_entry entry;
    if (listing->skip-- > 0 || !books_read(key, value, &entry))
        return 0;
    return listing->now_ms - entry.placed_ms < listing->late_ms ? 0 : list_entry(user, key, value);
}

/* The faults `list-late` and `list-depth` leave out the newest and the oldest. */
static void list_all(struct listing *listing) {
    struct sandbox *sandbox = listing->sandbox;
    const sluice_host *host = sandbox->host;
    if (host->flag(sandbox->self, "list-late"))
        listing->late_ms = host->flag_value(sandbox->self, "list-late");
    if (host->flag(sandbox->self, "list-depth")) {
        host->recall_all(sandbox->self, TEXT("o:"), count_entry, listing);
        listing->skip -= host->flag_value(sandbox->self, "list-depth");
    }
    host->recall_all(sandbox->self, TEXT("o:"), list_recent, listing);
}

struct wanted {
    uint32_t known, unknown;
    bool half; /* the fault `status-half`: nothing is said of every second one */
};

static void list_some(struct listing *listing, sluice_arena *arena, sluice_text ids, struct wanted *wanted) {
    struct sandbox *sandbox = listing->sandbox;
    sluice_text id, value;
    char room[BOOKS_KEY];
    while ((id = text_next(&ids)).ptr) {
        char digits[24];
        snprintf(digits, sizeof digits, "%.*s", id.len < 20 ? (int)id.len : 20, id.ptr);
        sluice_text key = books_order_key(room, strtoll(digits, NULL, 10));
        if (!sandbox->host->recall(sandbox->self, key, arena, &value))
            wanted->unknown++;
        else if (++wanted->known % 2 || !wanted->half)
            list_entry(listing, key, value);
    }
}

/* True: they are listed. One unknown id makes no difference, unless the site is strict about it. */
static bool list_wanted(struct listing *listing, sluice_arena *arena, sluice_text ids,
                        sluice_sandbox_reply *reply) {
    const struct sandbox *sandbox = listing->sandbox;
    const sluice_host *host = sandbox->host;
    struct wanted wanted = {.half = host->flag(sandbox->self, "status-half")};
    list_some(listing, arena, ids, &wanted);
    if (host->flag(sandbox->self, "status-slow"))
        reply->delay_ms = host->flag_value(sandbox->self, "status-slow") * (wanted.known + wanted.unknown);
    return wanted.known && !(wanted.unknown && host->flag(sandbox->self, "status-strict"));
}

void sandbox_orders(struct sandbox *sandbox, sluice_arena *arena, sluice_text order_ids,
                    sluice_sandbox_reply *reply) {
    struct buffer *out = &sandbox->out;
    const sluice_host *host = sandbox->host;
    struct listing listing = {.sandbox = sandbox, .now_ms = host->now_ms()};
    bool all = !order_ids.len || text_equal(order_ids, TEXT("0"));
    size_t before = out->length;
    if (host->flag(sandbox->self, "timezone"))
        listing.zone_ms = host->flag_value(sandbox->self, "timezone");
    buffer_string(out, "<result>");
    if (host->flag(sandbox->self, "foreign-order")) {
        struct books_entry foreign = {.id = BOOKS_FIRST_ID - 1, .placed_ms = listing.now_ms - DAY_MS};
        snprintf(foreign.imei, sizeof foreign.imei, "008600000000017");
        snprintf(foreign.service, sizeof foreign.service, "1739");
        write_order(&listing, &foreign);
    }
    if (all)
        list_all(&listing);
    if (all || list_wanted(&listing, arena, order_ids, reply)) {
        buffer_string(out, "</result>");
        return;
    }
    out->length = before;
    sandbox_error(sandbox, "Invalid Order ID");
}
