#include "sandbox_books.h"

#include <stdio.h>

#include <sluice/amount.h>
#include <sluice/text.h>

sluice_text books_order_key(char room[BOOKS_KEY], int64_t id) {
    return (sluice_text){room, (uint64_t)snprintf(room, BOOKS_KEY, "o:%lld", (long long)id)};
}

sluice_text books_duplicate_key(char room[BOOKS_KEY], const char *service, sluice_text imei) {
    return (sluice_text){room, (uint64_t)snprintf(room, BOOKS_KEY, "d:%s:%.*s", service, TEXT_ARG(imei))};
}

bool books_read(sluice_text key, sluice_text value, struct books_entry *entry) {
    char line[2 * BOOKS_KEY];
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
    struct books_entry entry;
    if (books_read(key, value, &entry)) {
        if (entry.id >= sandbox->next_id)
            sandbox->next_id = entry.id + 1;
        sandbox->balance -= entry.price;
    }
    return 0;
}

void sandbox_load(struct sandbox *sandbox) {
    sandbox->next_id = BOOKS_FIRST_ID;
    sandbox->balance = amount_micros(sandbox->settings->credit);
    sandbox->host->recall_all(sandbox->self, TEXT("o:"), load_entry, sandbox);
    sandbox->loaded = true;
}

enum sandbox_status books_status(const struct sandbox *sandbox, const struct books_entry *entry,
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
    struct books_entry entry;
    if (books_read(key, value, &entry) &&
        books_status(refund->sandbox, &entry, refund->now_ms) == SANDBOX_REJECTED)
        refund->sum += entry.price;
    return 0;
}

int64_t sandbox_credit(struct sandbox *sandbox) {
    struct refund refund = {.sandbox = sandbox, .now_ms = sandbox->host->now_ms()};
    sandbox->host->recall_all(sandbox->self, TEXT("o:"), add_refund, &refund);
    return sandbox->balance + refund.sum;
}

int64_t books_enter(struct sandbox *sandbox, const char *service, sluice_text imei, int64_t price,
                    int64_t placed_ms) {
    char key[BOOKS_KEY], value[BOOKS_KEY];
    int64_t id = sandbox->next_id++;
    int length = snprintf(value, sizeof value, "%.*s %s %lld %lld", TEXT_ARG(imei), service,
                          (long long)placed_ms, (long long)price);
    sandbox->host->remember(sandbox->self, books_order_key(key, id), (sluice_text){value, (uint64_t)length});
    length = snprintf(value, sizeof value, "%lld", (long long)id);
    sandbox->host->remember(sandbox->self, books_duplicate_key(key, service, imei),
                            (sluice_text){value, (uint64_t)length});
    sandbox->balance -= price;
    return id;
}
