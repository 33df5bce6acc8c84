#include "ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <unistd.h>

#include "ledger_db.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void remove_directory(const char *path) {
    char inner[512];
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner))
            remove_directory(inner);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

void fixture_good(struct fixture *fixture, int failed) {
    if (failed)
        fail_msg("%d: %s", failed, fixture->error.text);
}

void fixture_refused(struct fixture *fixture, int failed, int code, const char *part) {
    if (failed != code || fixture->error.code != code)
        fail_msg("%d (%s) instead of %d", failed, fixture->error.text, code);
    if (!strstr(fixture->error.text, part))
        fail_msg("'%s' isn't in: %s", part, fixture->error.text);
}

struct ledger_site fixture_site(const char *dir) {
    return (struct ledger_site){.state_dir = dir, .uri = getenv("TEST_LEDGER_URI")};
}

struct ledger *fixture_open(struct fixture *fixture) {
    struct ledger *ledger = NULL;
    const struct ledger_site site = fixture_site(fixture->dir);
    fixture_good(fixture, ledger_open_at(&site, 0, &ledger, &fixture->error));
    return ledger;
}

bool fixture_is_remote(void) {
    return getenv("TEST_LEDGER_URI") != NULL;
}

void fixture_end_leases(struct fixture *fixture) {
    fixture->ledger = NULL;
    if (!fixture_is_remote())
        return;
    fixture->ledger = fixture_open(fixture);
    fixture_execute(fixture, "UPDATE runs SET expires = '-infinity' WHERE ended_ms IS NULL");
    ledger_close(fixture->ledger);
    fixture->ledger = NULL;
}

void fixture_reopen(struct fixture *fixture) {
    ledger_close(fixture->ledger);
    fixture_end_leases(fixture);
    fixture->ledger = fixture_open(fixture);
}

int64_t fixture_begin_run(struct fixture *fixture, struct ledger *ledger, const char *pipeline) {
    static const char *const sinks[] = {"a", "b"};
    int64_t run = 0;
    struct run_info info = {.pipeline = pipeline, .file = "p.yaml", .sinks = sinks, .sink_count = 2};
    fixture_good(fixture, ledger_run_begin(ledger, &info, &run, &fixture->error));
    return run;
}

int fixture_set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    strcpy(fixture->dir, "/tmp/test-ledger-XXXXXX");
    fixture->error = (sluice_error)ERROR_INIT;
    *state = fixture;
    if (!mkdtemp(fixture->dir))
        return -1;
    fixture->ledger = fixture_open(fixture);
    if (fixture_is_remote()) /* what the test before has left */
        fixture_execute(fixture, "TRUNCATE accounts, cursors, events, missed, orders, outbox, records, runs,"
                                 " settings, shapes, totals RESTART IDENTITY");
    fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    return 0;
}

int fixture_tear_down(void **state) {
    struct fixture *fixture = *state;
    ledger_close(fixture->ledger);
    remove_directory(fixture->dir);
    free(fixture);
    return 0;
}

int64_t fixture_number(struct fixture *fixture, const char *sql) {
    struct ledger *ledger = fixture->ledger;
    struct query *query;
    fixture_good(fixture, ledger_query(ledger, sql, &query, &fixture->error));
    int result = ledger_step(ledger, query, &fixture->error);
    if (result != 1)
        fail_msg("%s: %s", sql, fixture->error.text);
    int64_t number = ledger_column_int(ledger, query, 0);
    ledger_query_end(ledger, query);
    return number;
}

/* Bytes are written x'00ff' for SQLite, '\\x00ff' for Postgres. */
static const char *in_its_words(const char *sql, char *room, size_t size) {
    const char *bytes = fixture_is_remote() ? strstr(sql, "x'") : NULL;
    if (!bytes)
        return sql;
    snprintf(room, size, "%.*s'\\x%s", (int)(bytes - sql), sql, bytes + 2);
    return room;
}

void fixture_execute(struct fixture *fixture, const char *written) {
    char room[512];
    const char *sql = in_its_words(written, room, sizeof room);
    struct query *query;
    fixture_good(fixture, ledger_query(fixture->ledger, sql, &query, &fixture->error));
    if (ledger_execute(fixture->ledger, query, &fixture->error))
        fail_msg("%s: %s", sql, fixture->error.text);
    ledger_query_end(fixture->ledger, query);
}

const char *fixture_identifier(unsigned n, char out[16]) {
    int sum = 0;
    snprintf(out, 16, "00100100%06u0", n % 1000000);
    for (int i = 0; i < 14; i++) {
        int digit = (out[i] - '0') * (i % 2 ? 2 : 1);
        sum += digit / 10 + digit % 10;
    }
    out[14] = (char)('0' + (10 - sum % 10) % 10);
    return out;
}

struct intent fixture_intent(unsigned n) {
    static const sluice_text names[2] = {{"imei", 4}, {"note", 4}};
    static sluice_text values[2];
    static char identifier[16];
    struct intent intent = {.provider = TEXT("gsm_fusion"),
                            .account = TEXT("tester@api.example.test"),
                            .service = TEXT("1739"),
                            .identifier = text_of(fixture_identifier(n, identifier)),
                            .parameters = TEXT(""),
                            .price = 80000,
                            .currency = "USD",
                            .row = n,
                            .sent_ms = 1700000000000,
                            .record = {names, values, 2}};
    values[0] = intent.identifier;
    values[1] = (sluice_text){NULL, 0};
    if (order_key_make(&intent.key, intent.provider, intent.account, intent.service, intent.identifier, NULL))
        abort();
    return intent;
}

struct claim fixture_claim(struct fixture *fixture, int64_t run, unsigned n) {
    struct claim claim = {0};
    struct intent intent = fixture_intent(n);
    fixture_good(fixture, ledger_claim(fixture->ledger, run, &intent, &claim, &fixture->error));
    return claim;
}

int64_t fixture_send(struct fixture *fixture, unsigned n) {
    struct claim claim = {0};
    struct intent intent = fixture_intent(n);
    intent.call = n;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error));
    assert_int_equal(claim.answer, ANSWER_CLAIMED);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return claim.order;
}

static enum order_state end(struct fixture *fixture, int64_t order, const struct outcome *outcome) {
    enum order_state became = ORDER_NONE;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture,
                 ledger_outcome(fixture->ledger, fixture->run, order, outcome, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    return became;
}

enum order_state fixture_place(struct fixture *fixture, int64_t order, const char *order_id) {
    sluice_text names[] = {TEXT("order_id"), TEXT("note")}, values[] = {text_of(order_id), TEXT("bought")};
    struct outcome outcome = {
        .transition = T3, .order_id = text_of(order_id), .price = MONEY_NONE, .added = {names, values, 2}};
    return end(fixture, order, &outcome);
}

enum order_state fixture_end(struct fixture *fixture, int64_t order, enum transition transition,
                             const char *reason) {
    struct outcome outcome = {.transition = transition,
                              .code = TEXT("code"),
                              .reason = text_of(reason),
                              .evidence = TEXT("<error/>"),
                              .price = MONEY_NONE};
    return end(fixture, order, &outcome);
}

int64_t fixture_buy(struct fixture *fixture, unsigned n) {
    char order_id[16];
    snprintf(order_id, sizeof order_id, "%u", 9000 + n);
    assert_int_equal(fixture_place(fixture, fixture_send(fixture, n), order_id), ORDER_PLACED);
    return ledger_version(fixture->ledger);
}

enum order_state fixture_state(struct fixture *fixture, int64_t order) {
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT state FROM orders WHERE id = %lld", (long long)order);
    return (enum order_state)fixture_number(fixture, sql);
}
