#include "ledger_remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run_mark.h"

/* ---- begin --------------------------------------------------------------------------------- */

static int add_run(struct ledger *ledger, const struct run_info *info, int64_t *run, sluice_error *error) {
    struct query *add;
    char host[256] = "";
    int failed = ledger_statement(
        ledger, STATEMENT_RUN_ADD,
        "INSERT INTO runs (pipeline, file, pid, host, began_ms) VALUES (?1, ?2, ?3, ?4, ?5)", &add, error);
    if (failed)
        return failed;
    gethostname(host, sizeof host - 1);
    ledger_bind_string(ledger, add, 1, info->pipeline);
    ledger_bind_string(ledger, add, 2, info->file);
    ledger_bind_int(ledger, add, 3, getpid());
    ledger_bind_string(ledger, add, 4, host);
    ledger_bind_int(ledger, add, 5, ledger->now_ms);
    failed = ledger_execute(ledger, add, error);
    *run = ledger_last_id(ledger);
    return failed;
}

static int add_cursor(struct ledger *ledger, int64_t run, const char *sink, sluice_error *error) {
    struct query *add;
    int result = ledger_statement(ledger, STATEMENT_CURSOR_ADD,
                                  "INSERT INTO cursors (run, sink, version) VALUES (?1, ?2, 0)", &add, error);
    if (result)
        return result;
    ledger_bind_int(ledger, add, 1, run);
    ledger_bind_string(ledger, add, 2, sink);
    result = ledger_execute_unique(ledger, add, error);
    return result == 1 ? fail(error, SLUICE_E_CONFIG, "two sinks have the id '%s'", sink) : result;
}

/* Without a lock: it has a lease, from the commit on. */
static int begin_leased(struct ledger *ledger, const struct run_info *info, int64_t run,
                        sluice_error *error) {
    int failed = remote_run_add(ledger->remote, run, info->timeout_ms, error);
    if (!failed)
        return (failed = ledger_commit(ledger, error)) ? failed
                                                       : remote_run_begun(ledger->remote, run, error);
    ledger_rollback(ledger);
    return failed;
}

/* Nobody may see the run's row before its lock is held: it would be taken for dead. */
int ledger_run_begin(struct ledger *ledger, const struct run_info *info, int64_t *run, sluice_error *error) {
    struct run_lock *lock = NULL;
    int failed = ledger_begin(ledger, error);
    if (failed)
        return failed;
    failed = add_run(ledger, info, run, error);
    for (size_t i = 0; !failed && i < info->sink_count; i++)
        failed = add_cursor(ledger, *run, info->sinks[i], error);
    if (!failed && ledger->remote)
        return begin_leased(ledger, info, *run, error);
    if (!failed)
        failed = run_lock_take(ledger->state_dir, *run, true, &lock, error);
    if (failed == RUN_LOCK_HELD)
        failed = fail(error, SLUICE_E_BUSY, "%s/runs: the lock of the new run is held by another process",
                      ledger->state_dir);
    if (!failed)
        failed = ledger_commit(ledger, error);
    if (failed) {
        run_lock_end(lock);
        ledger_rollback(ledger);
        return failed;
    }
    lock->next = ledger->locks;
    ledger->locks = lock;
    return 0;
}

void ledger_run_sends(struct ledger *ledger, int64_t run) {
    if (ledger->remote)
        remote_mark(ledger->remote);
    else if (ledger->marked < run)
        run_mark_write(ledger->state_dir, run);
    ledger->marked = run;
}

/* ---- end ----------------------------------------------------------------------------------- */

/* The orders of a run that are claimed or being sent, into `out`; returns how many at most `room`. */
static int read_open(struct ledger *ledger, int64_t run, int64_t *out, size_t room, size_t *count,
                     sluice_error *error) {
    struct query *orders;
    int result =
        ledger_statement(ledger, STATEMENT_RUN_ORDERS,
                         "SELECT id FROM orders INDEXED BY orders_open"
                         " WHERE (state = 1 OR state = 2 OR state = 4) AND state < 4 AND run = ?1 LIMIT ?2",
                         &orders, error);
    *count = 0;
    if (result)
        return result;
    ledger_bind_int(ledger, orders, 1, run);
    ledger_bind_int(ledger, orders, 2, (int64_t)room);
    while ((result = ledger_step(ledger, orders, error)) == 1)
        out[(*count)++] = ledger_column_int(ledger, orders, 0);
    return result;
}

/* T9 for all that the run hasn't finished. */
static int close_orders(struct ledger *ledger, int64_t by_run, int64_t run, struct recovered *out,
                        sluice_error *error) {
    int64_t orders[256];
    size_t count;
    int failed = 0;
    do {
        failed = read_open(ledger, run, orders, sizeof orders / sizeof *orders, &count, error);
        for (size_t i = 0; !failed && i < count; i++)
            ledger_expect_order(ledger, orders[i]);
        if (!failed && count)
            failed = ledger_ask_ahead(ledger, error);
        for (size_t i = 0; !failed && i < count; i++) {
            enum order_state became;
            failed = ledger_close_order(ledger, by_run, orders[i], &became, error);
            out->in_doubt += became == ORDER_IN_DOUBT;
            out->released += became == ORDER_RELEASED;
        }
    } while (!failed && count);
    return failed;
}

static int of_run(struct ledger *ledger, enum ledger_statement which, const char *sql, int64_t run,
                  sluice_error *error) {
    struct query *drop;
    int failed = ledger_statement(ledger, which, sql, &drop, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, drop, 1, run);
    return ledger_execute(ledger, drop, error);
}

/* Without sinks nobody waits for what the run has bought. */
static int drop_unwanted(struct ledger *ledger, int64_t run, sluice_error *error) {
    int failed = of_run(ledger, STATEMENT_RUN_RECORDS_DROP,
                        "DELETE FROM records WHERE NOT EXISTS (SELECT 1 FROM cursors WHERE run = ?1)"
                        " AND id IN (SELECT id FROM outbox WHERE run = ?1)",
                        run, error);
    return failed ? failed
                  : of_run(ledger, STATEMENT_RUN_OUTBOX_DROP,
                           "DELETE FROM outbox WHERE NOT EXISTS (SELECT 1 FROM cursors WHERE run = ?1)"
                           " AND run = ?1",
                           run, error);
}

static int close_run(struct ledger *ledger, int64_t run, const int *exit_code, sluice_error *error) {
    struct query *close;
    int failed =
        ledger_statement(ledger, STATEMENT_RUN_CLOSE,
                         "UPDATE runs SET ended_ms = ?2, exit_code = iif(?3 < 0, NULL, ?3),"
                         " complete = NOT EXISTS (SELECT 1 FROM outbox WHERE run = ?1) WHERE id = ?1",
                         &close, error);
    if (failed)
        return failed;
    ledger_bind_int(ledger, close, 1, run);
    ledger_bind_int(ledger, close, 2, ledger->now_ms);
    ledger_bind_int(ledger, close, 3, exit_code ? *exit_code : -1);
    return ledger_execute(ledger, close, error);
}

static struct run_lock *take_from(struct ledger *ledger, int64_t run) {
    for (struct run_lock **at = &ledger->locks; *at; at = &(*at)->next)
        if ((*at)->run == run) {
            struct run_lock *lock = *at;
            *at = lock->next;
            return lock;
        }
    return NULL;
}

/* In one transaction: T9, and the end of the run. */
static int end_run(struct ledger *ledger, int64_t by_run, int64_t run, const int *exit_code,
                   struct recovered *out, sluice_error *error) {
    int failed = close_orders(ledger, by_run, run, out, error);
    if (!failed)
        failed = drop_unwanted(ledger, run, error);
    if (!failed)
        failed = close_run(ledger, run, exit_code, error);
    if (!failed)
        return ledger_commit(ledger, error);
    ledger_rollback(ledger);
    return failed;
}

int ledger_run_end(struct ledger *ledger, int64_t run, int exit_code, sluice_error *error) {
    struct recovered closed = {0};
    int failed = ledger_begin(ledger, error);
    if (!failed)
        failed = end_run(ledger, run, run, &exit_code, &closed, error);
    if (ledger->remote) {
        remote_run_ended(ledger->remote);
        return failed;
    }
    struct run_lock *lock = take_from(ledger, run);
    if (failed)
        run_lock_drop(lock); /* the next run takes this one for dead */
    else
        run_lock_end(lock);
    return failed;
}

/* ---- recovery ------------------------------------------------------------------------------ */

static int read_not_ended(struct ledger *ledger, int64_t behind, int64_t not_this, int64_t *run,
                          sluice_error *error) {
    struct query *open;
    int result = ledger_statement(
        ledger, STATEMENT_RUN_OPEN,
        "SELECT id FROM runs INDEXED BY runs_open WHERE ended_ms IS NULL AND id > ?1 AND id <> ?2"
        " ORDER BY id LIMIT 1",
        &open, error);
    if (result)
        return result;
    ledger_bind_int(ledger, open, 1, behind);
    ledger_bind_int(ledger, open, 2, not_this);
    result = ledger_step(ledger, open, error);
    *run = result == 1 ? ledger_column_int(ledger, open, 0) : 0;
    ledger_reset(ledger, open);
    return result < 0 ? result : 0;
}

enum { RUN_PIPELINE = 512 };

static int read_pipeline(struct ledger *ledger, int64_t run, char out[RUN_PIPELINE], sluice_error *error) {
    struct query *find;
    int result = ledger_statement(ledger, STATEMENT_RUN_PIPELINE, "SELECT pipeline FROM runs WHERE id = ?1",
                                  &find, error);
    out[0] = 0;
    if (result)
        return result;
    ledger_bind_int(ledger, find, 1, run);
    result = ledger_step(ledger, find, error);
    const char *name = result == 1 ? ledger_column_string(ledger, find, 0) : NULL;
    snprintf(out, RUN_PIPELINE, "%s", name ? name : "");
    ledger_reset(ledger, find);
    return result < 0 ? result : 0;
}

int ledger_run_alive(struct ledger *ledger, int64_t run, bool *alive, sluice_error *error) {
    int64_t open = 0;
    int failed = read_not_ended(ledger, run - 1, 0, &open, error);
    *alive = false;
    if (failed || open != run)
        return failed;
    if (!ledger->remote)
        return run_lock_held(ledger->state_dir, run, alive, error);
    bool dead;
    failed = remote_run_dead(ledger->remote, run, &dead, error);
    *alive = !failed && !dead;
    return failed;
}

/* 0: it is dead, and its lock, where it has one, is ours; RUN_LOCK_HELD: it lives. In a transaction. */
static int take_dead(struct ledger *ledger, int64_t run, struct run_lock **lock, sluice_error *error) {
    bool dead;
    if (!ledger->remote)
        return run_lock_take(ledger->state_dir, run, false, lock, error);
    int failed = remote_run_dead(ledger->remote, run, &dead, error);
    return failed ? failed : dead ? RUN_LOCK_TAKEN : RUN_LOCK_HELD;
}

static void give_up(struct run_lock *lock, bool failed) {
    if (failed)
        run_lock_drop(lock);
    else
        run_lock_end(lock);
}

int ledger_runs_alive(struct ledger *ledger, int64_t but,
                      int (*each)(void *user, int64_t run, const char *pipeline), void *user,
                      sluice_error *error) {
    int64_t run = 0;
    int failed;
    while (!(failed = read_not_ended(ledger, run, but, &run, error)) && run) {
        char pipeline[RUN_PIPELINE];
        bool alive;
        failed = ledger_run_alive(ledger, run, &alive, error);
        if (!failed && alive)
            failed = read_pipeline(ledger, run, pipeline, error);
        if (!failed && alive && each(user, run, pipeline))
            failed = fail_memory(error);
        if (failed)
            break;
    }
    return failed;
}

/* Close the run if it is dead. The lock is looked at within the transaction, so that of two that find the
 * same dead run the second sees it ended. */
static int recover(struct ledger *ledger, int64_t by_run, int64_t run, struct recovered *out,
                   sluice_error *error) {
    struct run_lock *lock = NULL;
    int64_t still;
    int failed = ledger_begin(ledger, error);
    if (failed)
        return failed;
    failed = read_not_ended(ledger, run - 1, by_run, &still, error);
    bool open = !failed && still == run;
    if (open)
        failed = take_dead(ledger, run, &lock, error);
    if (failed || !open) {
        ledger_rollback(ledger);
        return failed == RUN_LOCK_HELD ? 0 : failed;
    }
    failed = end_run(ledger, by_run, run, NULL, out, error);
    give_up(lock, failed != 0);
    out->runs += !failed;
    return failed;
}

/* A run that has ended and still has open orders: it was taken for dead and went on, or wasn't and died
 * later. 0: there is none. */
static int read_orphaning(struct ledger *ledger, int64_t *run, sluice_error *error) {
    struct query *orphans;
    int result = ledger_statement(
        ledger, STATEMENT_RUN_ORPHANING,
        "SELECT run FROM orders INDEXED BY orders_open"
        " WHERE (state = 1 OR state = 2 OR state = 4) AND state < 4"
        " AND EXISTS (SELECT 1 FROM runs WHERE runs.id = run AND ended_ms IS NOT NULL) LIMIT 1",
        &orphans, error);
    if (result)
        return result;
    result = ledger_step(ledger, orphans, error);
    *run = result == 1 ? ledger_column_int(ledger, orphans, 0) : 0;
    ledger_reset(ledger, orphans);
    return result < 0 ? result : 0;
}

/* T9 for those, and what they bought is delivered again. */
static int adopt_orphans(struct ledger *ledger, int64_t by_run, struct recovered *out, sluice_error *error) {
    int64_t run = 0;
    int failed = ledger_begin(ledger, error);
    if (failed)
        return failed;
    while (!(failed = read_orphaning(ledger, &run, error)) && run)
        if ((failed = close_orders(ledger, by_run, run, out, error)) != 0)
            break;
    if (!failed)
        failed = of_run(ledger, STATEMENT_RUN_INCOMPLETE,
                        "UPDATE runs SET complete = 0 WHERE complete = 1 AND id <> ?1"
                        " AND id IN (SELECT run FROM outbox)",
                        by_run, error);
    if (!failed)
        return ledger_commit(ledger, error);
    ledger_rollback(ledger);
    return failed;
}

int ledger_recover(struct ledger *ledger, int64_t run, struct recovered *out, sluice_error *error) {
    int64_t open = 0;
    int failed;
    *out = (struct recovered){0};
    while (!(failed = read_not_ended(ledger, open, run, &open, error)) && open)
        if ((failed = recover(ledger, run, open, out, error)) != 0)
            return failed;
    return failed ? failed : adopt_orphans(ledger, run, out, error);
}
