#include "sandbox_book.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static const uint64_t bytes_most = 1024 * 1024 * 1024;

static bool full(struct sandbox_book *book) {
    book->failed |= book->charges.bytes + book->memory.bytes > bytes_most;
    return book->failed;
}

static void count_charge(struct sandbox_book *book, struct sandbox_entry *entry, sluice_text amount) {
    money parsed;
    entry->count++;
    book->charge_count++;
    book->repeated += entry->count == 2;
    if (entry->count > book->most)
        book->most = entry->count;
    if (money_parse(amount, &parsed)) {
        entry->amount = money_add(entry->amount, parsed);
        book->amount = money_add(book->amount, parsed);
    }
}

/* The key is identifier, NUL, service; a NUL inside the identifier can only make two keys of one. */
static bool enter_charge(struct sandbox_book *book, sluice_text identifier, sluice_text service,
                         sluice_text amount) {
    struct sandbox_entry *entry = NULL;
    char *key = malloc(identifier.len + service.len + 1);
    if (key) {
        memcpy(key, identifier.ptr ? identifier.ptr : "", identifier.len);
        key[identifier.len] = '\0';
        memcpy(key + identifier.len + 1, service.ptr ? service.ptr : "", service.len);
        entry = sandbox_table_add(&book->charges, (sluice_text){key, identifier.len + service.len + 1});
    }
    free(key);
    if (!entry || (!entry->value.ptr && !sandbox_table_set(&book->charges, entry, identifier)))
        return false;
    count_charge(book, entry, amount);
    return true;
}

static bool enter_memory(struct sandbox_book *book, sluice_text key, sluice_text value) {
    struct sandbox_entry *entry = sandbox_table_add(&book->memory, key);
    return entry && sandbox_table_set(&book->memory, entry, value);
}

static bool replay(void *user, enum sandbox_record kind, const sluice_text *fields) {
    struct sandbox_book *book = user;
    switch (kind) {
    case SANDBOX_CHARGE:
        return enter_charge(book, fields[0], fields[1], fields[2]);
    case SANDBOX_REMEMBER:
        return enter_memory(book, fields[0], fields[1]);
    case SANDBOX_FORGET:
        return enter_memory(book, fields[0], (sluice_text){NULL, 0});
    }
    return true;
}

int sandbox_book_open(struct sandbox_book *book, const char *path, const char *provider,
                      sluice_error *error) {
    *book = (struct sandbox_book){.state.fd = -1};
    int failed = sandbox_state_open(&book->state, path, provider, replay, book, error);
    if (failed)
        sandbox_book_close(book);
    return failed;
}

void sandbox_book_close(struct sandbox_book *book) {
    sandbox_state_close(&book->state);
    sandbox_table_free(&book->charges);
    sandbox_table_free(&book->memory);
}

bool sandbox_book_charge(struct sandbox_book *book, sluice_text identifier, sluice_text service,
                         sluice_text amount) {
    const sluice_text fields[SANDBOX_FIELDS] = {identifier, service, amount};
    money parsed;
    if (full(book))
        return true;
    book->failed |= !enter_charge(book, identifier, service, amount);
    sandbox_state_add(&book->state, SANDBOX_CHARGE, fields);
    return money_parse(amount, &parsed);
}

void sandbox_book_remember(struct sandbox_book *book, sluice_text key, sluice_text value) {
    const sluice_text fields[SANDBOX_FIELDS] = {key, value, {NULL, 0}};
    if (full(book))
        return;
    book->failed |= !enter_memory(book, key, value);
    sandbox_state_add(&book->state, value.ptr ? SANDBOX_REMEMBER : SANDBOX_FORGET, fields);
}

sluice_text sandbox_book_recall(const struct sandbox_book *book, sluice_text key) {
    const struct sandbox_entry *entry = sandbox_table_find(&book->memory, key);
    return entry ? entry->value : (sluice_text){NULL, 0};
}

int sandbox_book_commit(struct sandbox_book *book, sluice_error *error) {
    if (book->failed)
        return fail(error, SLUICE_E_IO, "the sandbox's books are full: out of memory, or over 1 GiB");
    return sandbox_state_commit(&book->state, error);
}
