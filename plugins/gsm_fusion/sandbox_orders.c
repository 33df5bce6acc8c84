#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "amount.h"
#include "sandbox.h"
#include "text.h"

enum { FIRST_ID = 5000001, LIST_MOST = 1000, KEY_TEXT = 128, DAY_MS = 24 * 3600 * 1000 };

/* ---- the books ---------------------------------------------------------------------------- */

struct entry {
    int64_t id, placed_ms, price;
    char imei[40], service[24];
};

static sluice_text order_key(char room[KEY_TEXT], int64_t id) {
    return (sluice_text){room, (uint64_t)snprintf(room, KEY_TEXT, "o:%lld", (long long)id)};
}

static sluice_text duplicate_key(char room[KEY_TEXT], const char *service, sluice_text imei) {
    return (sluice_text){room, (uint64_t)snprintf(room, KEY_TEXT, "d:%s:%.*s", service, TEXT_ARG(imei))};
}

static bool read_entry(sluice_text key, sluice_text value, struct entry *entry) {
    char line[2 * KEY_TEXT];
    long long id, placed, price;
    if (key.len + value.len + 2 > sizeof line)
        return false;
    snprintf(line, sizeof line, "%.*s %.*s", TEXT_ARG(key), TEXT_ARG(value));
    if (sscanf(line, "o:%lld %39s %23s %lld %lld", &id, entry->imei, entry->service, &placed, &price) != 5)
        return false;
    entry->id = id;
    entry->placed_ms = placed;
    entry->price = price;
    return true;
}

static int32_t load_entry(void *user, sluice_text key, sluice_text value) {
    struct sandbox *sandbox = user;
    struct entry entry;
    if (read_entry(key, value, &entry)) {
        if (entry.id >= sandbox->next_id)
            sandbox->next_id = entry.id + 1;
        sandbox->balance -= entry.price;
    }
    return 0;
}

void sandbox_load(struct sandbox *sandbox) {
    sandbox->next_id = FIRST_ID;
    sandbox->balance = amount_micros(sandbox->settings->credit);
    sandbox->host->recall_all(sandbox->self, TEXT("o:"), load_entry, sandbox);
    sandbox->loaded = true;
}

static enum sandbox_status status_of(const struct sandbox *sandbox, const struct entry *entry,
                                     int64_t now_ms) {
    int64_t age = now_ms - entry->placed_ms, whole = sandbox->settings->complete_after;
    if (age < whole)
        return age < whole / 2 ? SANDBOX_PENDING : SANDBOX_IN_PROCESS;
    return sandbox_is_rejected(text_of(entry->imei)) ? SANDBOX_REJECTED : SANDBOX_COMPLETED;
}

struct refund {
    const struct sandbox *sandbox;
    int64_t now_ms, sum;
};

static int32_t add_refund(void *user, sluice_text key, sluice_text value) {
    struct refund *refund = user;
    struct entry entry;
    if (read_entry(key, value, &entry) &&
        status_of(refund->sandbox, &entry, refund->now_ms) == SANDBOX_REJECTED)
        refund->sum += entry.price;
    return 0;
}

int64_t sandbox_credit(struct sandbox *sandbox) {
    struct refund refund = {.sandbox = sandbox, .now_ms = sandbox->host->now_ms()};
    sandbox->host->recall_all(sandbox->self, TEXT("o:"), add_refund, &refund);
    return sandbox->balance + refund.sum;
}

static int64_t enter(struct sandbox *sandbox, const char *service, sluice_text imei, int64_t price,
                     int64_t placed_ms) {
    char key[KEY_TEXT], value[KEY_TEXT];
    int64_t id = sandbox->next_id++;
    int length = snprintf(value, sizeof value, "%.*s %s %lld %lld", TEXT_ARG(imei), service,
                          (long long)placed_ms, (long long)price);
    sandbox->host->remember(sandbox->self, order_key(key, id), (sluice_text){value, (uint64_t)length});
    length = snprintf(value, sizeof value, "%lld", (long long)id);
    sandbox->host->remember(sandbox->self, duplicate_key(key, service, imei),
                            (sluice_text){value, (uint64_t)length});
    sandbox->balance -= price;
    return id;
}

/* ---- placeorder --------------------------------------------------------------------------- */

enum judgement { FRESH, DUPLICATE, INVALID };

struct part {
    sluice_text imei;
    enum judgement judgement;
    int64_t id;
};

struct order {
    struct sandbox *sandbox;
    sluice_arena *arena;
    const struct sandbox_service *service;
    int64_t price;
    bool always, duplicate, duplicate_list; /* flags */
    struct part *parts;
    uint32_t count, fresh, duplicates, invalid;
};

static bool is_imei(sluice_text imei) {
    unsigned sum = 0;
    if (imei.len != 15)
        return false;
    for (unsigned i = 0; i < 15; i++) {
        if (!text_is_digit(imei.ptr[i]))
            return false;
        unsigned digit = (unsigned)(imei.ptr[i] - '0') << (i % 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static bool is_known(const struct order *order, sluice_text imei) {
    char key[KEY_TEXT];
    sluice_text value;
    const struct sandbox *sandbox = order->sandbox;
    return sandbox->host->recall(sandbox->self, duplicate_key(key, order->service->id, imei), order->arena,
                                 &value);
}

static bool came_before(const struct order *order, sluice_text imei) {
    for (uint32_t i = 0; i < order->count; i++)
        if (text_equal(order->parts[i].imei, imei))
            return true;
    return false;
}

/* The faults `duplicate` and `duplicate-list`: somebody ordered it yesterday, on the same account. */
static void order_yesterday(const struct order *order, sluice_text imei) {
    const struct sandbox *sandbox = order->sandbox;
    enter(order->sandbox, order->service->id, imei, 0, sandbox->host->now_ms() - DAY_MS);
}

static enum judgement judge(const struct order *order, sluice_text imei) {
    if (!is_imei(imei))
        return INVALID;
    if (came_before(order, imei))
        return DUPLICATE;
    bool fault = order->duplicate || order->duplicate_list, known = is_known(order, imei);
    if (!fault && (order->always || !known))
        return FRESH;
    if (!known)
        order_yesterday(order, imei);
    return DUPLICATE;
}

static uint64_t count_parts(sluice_text list) {
    uint64_t count = 1;
    for (uint64_t i = 0; i < list.len; i++)
        count += list.ptr[i] == ',';
    return count;
}

static bool judge_all(struct order *order, sluice_text imeis) {
    sluice_text imei;
    uint64_t room = count_parts(imeis);
    if (room > LIST_MOST)
        return false;
    order->parts = order->sandbox->host->alloc(order->arena, room * sizeof *order->parts);
    while (order->parts && (imei = text_next(&imeis)).ptr) {
        if (!imei.len)
            continue;
        struct part part = {imei, judge(order, imei), 0};
        order->fresh += part.judgement == FRESH;
        order->duplicates += part.judgement == DUPLICATE;
        order->invalid += part.judgement == INVALID;
        order->parts[order->count++] = part;
    }
    return order->parts;
}

static void charge(struct order *order) {
    struct sandbox *sandbox = order->sandbox;
    char amount[AMOUNT_TEXT];
    sluice_text price = text_of(amount_format(order->price, amount));
    for (uint32_t i = 0; i < order->count; i++) {
        struct part *part = &order->parts[i];
        if (part->judgement != FRESH)
            continue;
        part->id = enter(sandbox, order->service->id, part->imei, order->price, sandbox->host->now_ms());
        sandbox->host->charged(sandbox->self, part->imei, text_of(order->service->id), price);
    }
}

static void write_placed(struct sandbox *sandbox, int64_t id, sluice_text imei) {
    buffer_format(&sandbox->out, "<imeis><id>%lld</id><imei>%.*s</imei><status>Pending</status></imeis>",
                  (long long)id, TEXT_ARG(imei));
}

static void write_duplicates(const struct order *order) {
    struct buffer *out = &order->sandbox->out;
    const char *before = "<imeiduplicates><imei>";
    for (uint32_t i = 0; i < order->count; i++) {
        if (order->parts[i].judgement != DUPLICATE)
            continue;
        buffer_string(out, before);
        sandbox_text(order->sandbox, order->parts[i].imei);
        before = ",";
    }
    if (order->duplicates)
        buffer_string(out, "</imei></imeiduplicates>");
}

static void write_errors(const struct order *order) {
    struct sandbox *sandbox = order->sandbox;
    for (uint32_t i = 0; i < order->count; i++) {
        if (order->parts[i].judgement != INVALID)
            continue;
        buffer_string(&sandbox->out, "<imeierrors>");
        sandbox_element(sandbox, "imei", order->parts[i].imei);
        sandbox_element(sandbox, "error", TEXT("Invalid IMEI: the check digit is wrong"));
        buffer_string(&sandbox->out, "</imeierrors>");
    }
}

static void write_result(const struct order *order) {
    struct sandbox *sandbox = order->sandbox;
    bool partial = sandbox->host->flag(sandbox->self, "partial");
    buffer_string(&sandbox->out, "<result>");
    if (sandbox->bare_amp || sandbox->latin1)
        sandbox_element(sandbox, "note", TEXT("Café & Söhne"));
    if (sandbox->host->flag(sandbox->self, "foreign-order"))
        write_placed(sandbox, FIRST_ID - 1, TEXT("008600000000017"));
    for (uint32_t i = 0, written = 0; i < order->count && !(partial && written); i++)
        if (order->parts[i].judgement == FRESH) {
            write_placed(sandbox, order->parts[i].id, order->parts[i].imei);
            written++;
        }
    write_duplicates(order);
    write_errors(order);
    buffer_string(&sandbox->out, "</result>");
}

/* Summing up what was paid back takes a look at each order: only when it decides. */
static bool can_pay(const struct order *order) {
    int64_t sum = order->price * (int64_t)order->fresh;
    return sum <= order->sandbox->balance || sum <= sandbox_credit(order->sandbox);
}

/* A call with one IMEI, or a fault, is refused as a whole; nothing is charged then. */
static bool refuse(struct order *order) {
    struct sandbox *sandbox = order->sandbox;
    char text[96];
    const sluice_host *host = sandbox->host;
    bool single = order->count == 1;
    if (!order->count) {
        sandbox_error(sandbox, "Invalid IMEI!");
    } else if (single && order->invalid) {
        snprintf(text, sizeof text, "Invalid IMEI: %.*s", TEXT_ARG(text_cut(order->parts[0].imei, 64)));
        sandbox_error(sandbox, text);
    } else if (order->duplicates && !order->duplicate_list && (single || order->duplicate)) {
        sandbox_error(sandbox, "IMEI already exists!");
    } else if (order->fresh && (host->flag(sandbox->self, "no-credit") || !can_pay(order))) {
        sandbox_error(sandbox, "Credit has been finished!");
    } else {
        return false;
    }
    return true;
}

void sandbox_place(struct sandbox *sandbox, sluice_arena *arena, sluice_text service, sluice_text imeis) {
    char price[AMOUNT_TEXT];
    const sluice_host *host = sandbox->host;
    struct order order = {
        .sandbox = sandbox,
        .arena = arena,
        .service = sandbox_service_find(service),
        .always = host->flag(sandbox->self, "charge-always"),
        .duplicate = host->flag(sandbox->self, "duplicate"),
        .duplicate_list = host->flag(sandbox->self, "duplicate-list"),
    };
    if (!order.service || order.service->price[0] == '-') {
        sandbox_error(sandbox, "Invalid value of Network Id!");
        return;
    }
    order.price = amount_micros(amount_read(text_of(order.service->price), price));
    if (host->flag(sandbox->self, "price-change"))
        order.price += order.price * host->flag_value(sandbox->self, "price-change") / 100;
    if (!judge_all(&order, imeis)) {
        sandbox_error(sandbox, "Too many IMEIs in one call!");
        return;
    }
    if (refuse(&order))
        return;
    charge(&order);
    write_result(&order);
}

/* ---- getimeis ----------------------------------------------------------------------------- */

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

static void write_order(const struct listing *listing, const struct entry *entry) {
    struct sandbox *sandbox = listing->sandbox;
    struct buffer *out = &sandbox->out;
    const struct sandbox_service *service = sandbox_service_find(text_of(entry->service));
    enum sandbox_status status = status_of(sandbox, entry, listing->now_ms);
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
    struct entry entry;
    if (read_entry(key, value, &entry))
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
    struct entry entry;
    if (listing->skip-- > 0 || !read_entry(key, value, &entry))
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
    char room[KEY_TEXT];
    while ((id = text_next(&ids)).ptr) {
        char digits[24];
        snprintf(digits, sizeof digits, "%.*s", id.len < 20 ? (int)id.len : 20, id.ptr);
        sluice_text key = order_key(room, strtoll(digits, NULL, 10));
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
        struct entry foreign = {.id = FIRST_ID - 1, .placed_ms = listing.now_ms - DAY_MS};
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
