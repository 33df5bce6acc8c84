#include "refund.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"

struct refund_entry {
    struct refund_entry *next;
    struct ledger_refund refund;
};

void refunds_init(struct refunds *refunds, const struct ledger_site *site, const char *who) {
    *refunds = (struct refunds){.site = *site, .who = who};
    refunds->last = &refunds->first;
}

int refunds_add(struct refunds *refunds, const struct ledger_refund *refund, sluice_error *error) {
    sluice_arena *arena = &refunds->arena;
    struct refund_entry *entry = arena_zalloc(arena, sizeof *entry);
    if (!entry)
        return fail_memory(error);
    entry->refund = (struct ledger_refund){.provider = refunds->provider,
                                           .account = refunds->account,
                                           .order_id = arena_copy(arena, refund->order_id),
                                           .code = arena_copy(arena, refund->code),
                                           .reason = arena_copy(arena, refund->reason),
                                           .evidence = arena_copy(arena, refund->evidence),
                                           .who = refunds->who};
    if (!entry->refund.order_id.ptr)
        return fail_memory(error);
    *refunds->last = entry;
    refunds->last = &entry->next;
    return 0;
}

static bool has_ledger(const struct refunds *refunds) {
    char path[4096];
    snprintf(path, sizeof path, "%s/ledger.db", refunds->site.state_dir);
    return refunds->site.uri || access(path, F_OK) == 0;
}

static int write_all(struct refunds *refunds, sluice_error *error) {
    enum order_state became;
    int failed = ledger_begin(refunds->ledger, error);
    if (failed)
        return failed;
    for (struct refund_entry *entry = refunds->first; entry && !failed; entry = entry->next) {
        failed = ledger_refund(refunds->ledger, &entry->refund, &became, error);
        refunds->written += !failed && became == ORDER_REFUNDED;
    }
    if (failed)
        ledger_rollback(refunds->ledger);
    return failed ? failed : ledger_commit(refunds->ledger, error);
}

int refunds_write(struct refunds *refunds, sluice_error *error) {
    int failed = 0;
    if (refunds->first && !refunds->ledger && has_ledger(refunds))
        failed = ledger_open_at(&refunds->site, 0, &refunds->ledger, error);
    if (!failed && refunds->first && refunds->ledger)
        failed = write_all(refunds, error);
    refunds->first = NULL;
    refunds->last = &refunds->first;
    arena_reset(&refunds->arena);
    return failed;
}

void refunds_free(struct refunds *refunds) {
    ledger_close(refunds->ledger);
    arena_free(&refunds->arena);
    refunds->ledger = NULL;
}
