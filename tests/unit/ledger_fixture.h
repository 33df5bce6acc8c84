/* ledger_fixture.h - a ledger in a directory of its own, and short ways to order in it. */
#ifndef TESTS_LEDGER_FIXTURE_H
#define TESTS_LEDGER_FIXTURE_H

#include "ledger.h"

struct fixture {
    char dir[64];
    struct ledger *ledger;
    int64_t run; /* of pipeline "p", with sinks "a" and "b" */
    sluice_error error;
};

/* With TEST_LEDGER_URI in the environment the ledger lies on Postgres there, where tables are found without
 * the name of their schema; then one test runs at a time. */
bool fixture_is_remote(void);
struct ledger_site fixture_site(const char *dir);
/* Behind ledger_close: the leases of the runs that were live are over. A lock frees itself. */
void fixture_end_leases(struct fixture *fixture);

/* For cmocka: make one, remove one. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* Fail the test with the message of the ledger unless `failed` is 0. */
void fixture_good(struct fixture *fixture, int failed);
/* Fail the test unless `failed` is `code` and the message holds `part`. */
void fixture_refused(struct fixture *fixture, int failed, int code, const char *part);
/* Another handle on the same file. */
struct ledger *fixture_open(struct fixture *fixture);
/* Close the ledger as a process that dies does, and open it again. The run isn't ended. */
void fixture_reopen(struct fixture *fixture);
int64_t fixture_begin_run(struct fixture *fixture, struct ledger *ledger, const char *pipeline);
/* The number that `sql` says. */
int64_t fixture_number(struct fixture *fixture, const char *sql);
void fixture_execute(struct fixture *fixture, const char *sql);

/* The nth identifier of the test range, 15 digits. */
const char *fixture_identifier(unsigned n, char out[16]);
/* An intent to order the nth, priced 0.08 USD, with a record of two columns. Its texts live until the next
 * call. */
struct intent fixture_intent(unsigned n);
/* Claim the nth; the answer. In a transaction. */
struct claim fixture_claim(struct fixture *fixture, int64_t run, unsigned n);
/* Claim and send the nth, one transaction. The order. */
int64_t fixture_send(struct fixture *fixture, unsigned n);
/* T3 with this order id, one transaction. The state afterwards. */
enum order_state fixture_place(struct fixture *fixture, int64_t order, const char *order_id);
/* Another outcome, one transaction. */
enum order_state fixture_end(struct fixture *fixture, int64_t order, enum transition transition,
                             const char *reason);
/* Claimed, sent and placed with the order id 9000 + n. The version. */
int64_t fixture_buy(struct fixture *fixture, unsigned n);
enum order_state fixture_state(struct fixture *fixture, int64_t order);

#endif
