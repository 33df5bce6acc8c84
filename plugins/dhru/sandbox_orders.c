#include <stdio.h>
#include <stdlib.h>

#include <sluice/amount.h>
#include <sluice/text.h>

#include "sandbox.h"

enum { FIRST_ID = 5000001, KEY_TEXT = 128, DAY_MS = 24 * 3600 * 1000 };
enum status { NEW = 0, IN_PROCESS = 1, REJECTED = 3, SUCCESS = 4 };

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

static uint64_t number_of(const char *imei) {
    return strtoull(imei, NULL, 10) / 10;
}

/* One IMEI in sixteen is rejected in the end. */
static enum status status_of(const struct sandbox *sandbox, const struct entry *entry, int64_t now_ms) {
    int64_t age = now_ms - entry->placed_ms, whole = sandbox->settings->complete_after;
    if (age < whole)
        return age < whole / 2 ? NEW : IN_PROCESS;
    return number_of(entry->imei) % 16 == 7 ? REJECTED : SUCCESS;
}

struct refund {
    const struct sandbox *sandbox;
    int64_t now_ms, sum;
};

static int32_t add_refund(void *user, sluice_text key, sluice_text value) {
    struct refund *refund = user;
    struct entry entry;
    if (read_entry(key, value, &entry) && status_of(refund->sandbox, &entry, refund->now_ms) == REJECTED)
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

/* ---- placing ------------------------------------------------------------------------------- */

struct order {
    struct sandbox *sandbox;
    sluice_arena *arena;
    bool always, duplicate, no_credit; /* flags */
    int64_t raise;                     /* percent */
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

static bool is_known(const struct order *order, const char *service, sluice_text imei) {
    char key[KEY_TEXT];
    sluice_text value;
    const struct sandbox *sandbox = order->sandbox;
    return sandbox->host->recall(sandbox->self, duplicate_key(key, service, imei), order->arena, &value);
}

/* A refusal. The words of the description stand in a field of their own. */
struct words {
    const char *message, *more;
};

static bool is_duplicate(const struct order *order, const char *service, sluice_text imei) {
    struct sandbox *sandbox = order->sandbox;
    bool known = is_known(order, service, imei);
    if (order->duplicate && !known) /* somebody ordered it yesterday, on the same account */
        enter(sandbox, service, imei, 0, sandbox->host->now_ms() - DAY_MS);
    return order->duplicate || (known && !order->always);
}

/* Why it isn't taken; message NULL: it is. */
static struct words judge(const struct order *order, const struct sandbox_part *part,
                          const struct sandbox_service **service, int64_t *price) {
    char room[AMOUNT_TEXT];
    *service = part->id.ptr ? sandbox_service_find(part->id) : NULL;
    if (!part->id.ptr)
        return (struct words){"Parameter 'ID' Required", NULL};
    if (!part->imei.ptr)
        return (struct words){"Parameter 'IMEI' Required", NULL};
    if (!*service || !(*service)->active || (*service)->price[0] == '-')
        return (struct words){"Service Not Active", NULL};
    if (!is_imei(part->imei))
        return (struct words){"ValidationError5102", ",Invalid IMEI: the check digit is wrong"};
    if (is_duplicate(order, (*service)->id, part->imei))
        return (struct words){"ValidationError561",
                              ",This IMEI is already available or pending in your Account"};
    *price = amount_micros(amount_read(text_of((*service)->price), room));
    *price += *price * order->raise / 100;
    if (order->no_credit || (*price > order->sandbox->balance && *price > sandbox_credit(order->sandbox)))
        return (struct words){"CreditprocessError", "Not enough credits"};
    return (struct words){NULL, NULL};
}

static int64_t charge(struct sandbox *sandbox, const struct sandbox_service *service, sluice_text imei,
                      int64_t price) {
    char amount[AMOUNT_TEXT];
    int64_t id = enter(sandbox, service->id, imei, price, sandbox->host->now_ms());
    sandbox->host->charged(sandbox->self, imei, text_of(service->id), text_of(amount_format(price, amount)));
    return id;
}

static void write_received(struct sandbox *sandbox, int64_t id, sluice_text imei) {
    sandbox_member(sandbox, "MESSAGE", TEXT("Order received"));
    buffer_string(&sandbox->out, ",");
    sandbox_number(sandbox, "REFERENCEID", id);
    if (imei.ptr) {
        buffer_string(&sandbox->out, ",");
        sandbox_member(sandbox, "IMEI", imei);
    }
}

/* SUCCESS with one order, or with somebody else's in front of it. */
static void write_success(struct sandbox *sandbox, int64_t id, bool foreign) {
    bool map = sandbox->settings->dialect == DIALECT_OBJECT;
    struct buffer *out = &sandbox->out;
    buffer_string(out, map ? "\"SUCCESS\":{\"0\":{" : "\"SUCCESS\":[{");
    if (foreign) {
        write_received(sandbox, FIRST_ID - 1, TEXT("008600000000017"));
        buffer_string(out, map ? "},\"1\":{" : "},{");
    }
    write_received(sandbox, id, (sluice_text){NULL, 0});
    buffer_string(out, map ? "}}" : "}]");
}

/* What is said under a reference: in the dialect `lower` {status, message, referenceid}. */
static void write_part(struct sandbox *sandbox, const struct words *words, int64_t id) {
    struct buffer *out = &sandbox->out;
    char text[200];
    bool plain = sandbox->settings->dialect == DIALECT_LOWER;
    snprintf(text, sizeof text, "%s%s", words->message ? words->message : "Order received",
             words->more ? words->more : "");
    if (plain) {
        sandbox_member(sandbox, "status", text_of(words->message ? "error" : "success"));
        buffer_string(out, ",");
        sandbox_member(sandbox, "message", text_of(text));
        if (!words->message)
            buffer_format(out, ",\"referenceid\":%lld", (long long)id);
    } else if (words->message) {
        sandbox_error(sandbox, words->message, words->more);
    } else {
        write_success(sandbox, id, false);
    }
}

static void place_single(const struct order *order, const struct sandbox_part *part) {
    struct sandbox *sandbox = order->sandbox;
    const struct sandbox_service *service;
    int64_t price;
    struct words words = judge(order, part, &service, &price);
    sandbox_member(sandbox, "ID", part->id.ptr ? part->id : TEXT(""));
    buffer_string(&sandbox->out, ",");
    sandbox_member(sandbox, "IMEI", part->imei.ptr ? part->imei : TEXT(""));
    buffer_string(&sandbox->out, ",");
    if (words.message)
        sandbox_error(sandbox, words.message, words.more);
    else
        write_success(sandbox, charge(sandbox, service, part->imei, price),
                      sandbox->host->flag(sandbox->self, "foreign-order"));
}

static void begin_reference(struct sandbox *sandbox, sluice_text reference) {
    sandbox_comma(sandbox);
    buffer_json(&sandbox->out, reference);
    buffer_string(&sandbox->out, ":{");
}

/* The fault `partial`: nothing is said of those behind the first that was charged. */
static void place_bulk(const struct order *order, const struct sandbox_part *parts, int count) {
    struct sandbox *sandbox = order->sandbox;
    bool partial = sandbox->host->flag(sandbox->self, "partial"), silent = false;
    bool plain = sandbox->settings->dialect == DIALECT_LOWER;
    buffer_string(&sandbox->out, plain ? "\"SUCCESS\":{" : "");
    if (sandbox->host->flag(sandbox->self, "foreign-order")) {
        begin_reference(sandbox, TEXT("nobody-0"));
        write_part(sandbox, &(struct words){NULL, NULL}, FIRST_ID - 1);
        buffer_string(&sandbox->out, "}");
    }
    for (int i = 0; i < count; i++) {
        const struct sandbox_service *service;
        int64_t price, id = 0;
        struct words words = judge(order, &parts[i], &service, &price);
        if (!words.message)
            id = charge(sandbox, service, parts[i].imei, price);
        if (silent)
            continue;
        begin_reference(sandbox, parts[i].reference);
        write_part(sandbox, &words, id);
        buffer_string(&sandbox->out, "}");
        silent = partial && id;
    }
    buffer_string(&sandbox->out, plain ? "}" : "");
}

void sandbox_place(struct sandbox *sandbox, sluice_arena *arena, const struct sandbox_part *parts,
                   int count) {
    const sluice_host *host = sandbox->host;
    struct order order = {
        .sandbox = sandbox,
        .arena = arena,
        .always = host->flag(sandbox->self, "charge-always"),
        .duplicate = host->flag(sandbox->self, "duplicate") || host->flag(sandbox->self, "duplicate-list"),
        .no_credit = host->flag(sandbox->self, "no-credit"),
    };
    if (host->flag(sandbox->self, "price-change"))
        order.raise = host->flag_value(sandbox->self, "price-change");
    if (count == 1 && !parts[0].reference.ptr)
        place_single(&order, &parts[0]);
    else
        place_bulk(&order, parts, count);
}

/* ---- checking ------------------------------------------------------------------------------ */

/* Everything follows from the IMEI, so that whoever knows it can tell what the answer must be. */
static void write_code(struct sandbox *sandbox, const struct entry *entry) {
    static const char *const carriers[] = {"Unlocked", "US AT&T Activation Policy", "France Orange – Réseau"};
    static const char *const joints[] = {"<br>", "<br />\r\n", " - ", "\n"};
    uint64_t number = number_of(entry->imei);
    const char *joint = joints[number % 4];
    char text[400];
    snprintf(text, sizeof text,
             "Model: iPhone 13 128GB Black%sIMEI Number: %s%sCarrier: %s%sFind My iPhone: %s%sSimLock: %s",
             joint, entry->imei, joint, carriers[number % 3], joint, number % 2 ? "OFF" : "ON", joint,
             number % 5 ? "Unlocked" : "Locked");
    sandbox_member(sandbox, "CODE", text_of(text));
}

static void write_order(struct sandbox *sandbox, const struct entry *entry, bool single) {
    struct buffer *out = &sandbox->out;
    enum status status = status_of(sandbox, entry, sandbox->host->now_ms());
    if (single) {
        sandbox_member(sandbox, "IMEI", text_of(entry->imei));
        buffer_string(out, ",");
    }
    sandbox_number(sandbox, "STATUS", status);
    buffer_string(out, ",");
    if (status == SUCCESS)
        write_code(sandbox, entry);
    else
        sandbox_member(sandbox, "CODE", text_of(status == REJECTED ? "Invalid_IMEI" : ""));
    if (single) {
        buffer_string(out, ",");
        sandbox_member(sandbox, "COMMENTS", text_of(status == REJECTED ? "refunded" : ""));
    }
}

static bool find_order(const struct sandbox *sandbox, sluice_arena *arena, sluice_text id,
                       struct entry *entry) {
    char digits[24], room[KEY_TEXT];
    sluice_text value;
    snprintf(digits, sizeof digits, "%.*s", id.len < 20 ? (int)id.len : 20, id.len ? id.ptr : "");
    sluice_text key = order_key(room, strtoll(digits, NULL, 10));
    return sandbox->host->recall(sandbox->self, key, arena, &value) && read_entry(key, value, entry);
}

static void write_found(struct sandbox *sandbox, const struct entry *entry, bool single) {
    bool map = sandbox->settings->dialect == DIALECT_OBJECT;
    buffer_string(&sandbox->out, map ? "\"SUCCESS\":{\"0\":{" : "\"SUCCESS\":[{");
    write_order(sandbox, entry, single);
    buffer_string(&sandbox->out, map ? "}}" : "}]");
}

static bool all_known(const struct sandbox *sandbox, sluice_arena *arena, const struct sandbox_part *parts,
                      int count) {
    struct entry entry;
    for (int i = 0; i < count; i++)
        if (!find_order(sandbox, arena, parts[i].id, &entry))
            return false;
    return true;
}

void sandbox_check(struct sandbox *sandbox, sluice_arena *arena, const struct sandbox_part *parts, int count,
                   sluice_sandbox_reply *reply) {
    const sluice_host *host = sandbox->host;
    bool single = count == 1 && !parts[0].reference.ptr, half = host->flag(sandbox->self, "status-half");
    struct entry entry;
    if (host->flag(sandbox->self, "status-slow"))
        reply->delay_ms = host->flag_value(sandbox->self, "status-slow") * count;
    if ((single || host->flag(sandbox->self, "status-strict")) && !all_known(sandbox, arena, parts, count)) {
        sandbox_error(sandbox, "NoResultFound", NULL);
        return;
    }
    if (single) {
        find_order(sandbox, arena, parts[0].id, &entry);
        write_found(sandbox, &entry, true);
        return;
    }
    for (int i = 0; i < count; i++) {
        if (half && i % 2)
            continue;
        begin_reference(sandbox, parts[i].reference);
        if (find_order(sandbox, arena, parts[i].id, &entry))
            write_found(sandbox, &entry, false);
        else
            sandbox_error(sandbox, "NoResultFound", NULL);
        buffer_string(&sandbox->out, "}");
    }
}
