/* sandbox_book.h - a sandbox's books: what it charged, and what its component remembers. */
#ifndef CORE_SANDBOX_BOOK_H
#define CORE_SANDBOX_BOOK_H

#include "sandbox_state.h"
#include "sandbox_table.h"

struct sandbox_book {
    struct sandbox_table charges; /* by identifier and service; the value is the identifier */
    struct sandbox_table memory;
    struct sandbox_state state;
    uint64_t charge_count, most; /* most charges for one identifier and service */
    uint64_t repeated;           /* identifiers that were charged more than once */
    money amount;
    bool failed; /* no memory, or over the limit of 1 GiB */
};

/* `path` NULL: in memory only. */
int sandbox_book_open(struct sandbox_book *book, const char *path, const char *provider, sluice_error *error);
void sandbox_book_close(struct sandbox_book *book);
/* False: the amount can't be read, and is counted as 0. */
bool sandbox_book_charge(struct sandbox_book *book, sluice_text identifier, sluice_text service,
                         sluice_text amount);
void sandbox_book_remember(struct sandbox_book *book, sluice_text key, sluice_text value); /* null: forget */
/* Null: nothing is known under that key. */
sluice_text sandbox_book_recall(const struct sandbox_book *book, sluice_text key);
/* The request is over: what it changed is written, all or nothing. */
int sandbox_book_commit(struct sandbox_book *book, sluice_error *error);

#endif
