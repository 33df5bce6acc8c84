#include <stdio.h>
#include <stdlib.h>

#include <sluice/amount.h>
#include "sandbox_books.h"
#include <sluice/text.h>

enum { LIST_MOST = 1000, DAY_MS = 24 * 3600 * 1000 };

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
    char key[BOOKS_KEY];
    sluice_text value;
    const struct sandbox *sandbox = order->sandbox;
    return sandbox->host->recall(sandbox->self, books_duplicate_key(key, order->service->id, imei),
                                 order->arena, &value);
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
    books_enter(order->sandbox, order->service->id, imei, 0, sandbox->host->now_ms() - DAY_MS);
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
        part->id =
            books_enter(sandbox, order->service->id, part->imei, order->price, sandbox->host->now_ms());
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
        write_placed(sandbox, BOOKS_FIRST_ID - 1, TEXT("008600000000017"));
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
