/* cmd_orders.h - the pieces of `sluice orders`: what is asked for, and the forms it is shown in.
 * Nobody else includes it. */
#ifndef CORE_CMD_ORDERS_H
#define CORE_CMD_ORDERS_H

#include "batch.h"
#include "json.h"
#include "program.h"
#include "store.h"
#include "wanted.h"

enum orders_format { ORDERS_TABLE, ORDERS_CSV, ORDERS_JSON, ORDERS_GSM_FUSION };

/* ---- cmd_orders_query.c: the command line as options of the store's source ------------------ */

enum { ORDERS_OPTIONS = 12 };

struct orders_query {
    struct program *program;
    struct wanted imeis;
    char since[24], limit[24];
    struct lone_option options[ORDERS_OPTIONS];
    size_t count;
};

/* IMEIs come from --imei, --imeis and the operands from `first` on. */
int orders_query_read(struct orders_query *query, struct program *program, size_t first);
/* `items` must live as long as the query. */
void orders_query_add(struct orders_query *query, const char *option, const sluice_text *items, size_t count);
/* Each batch that the store gives, until `each` fails. */
int orders_query_run(struct orders_query *query, int (*each)(void *user, const struct batch *batch),
                     void *user);
/* One line on stderr about IMEIs without an order. */
void orders_query_say_missing(const struct orders_query *query);
void orders_query_free(struct orders_query *query);

/* ---- forms: each writes orders to standard output ------------------------------------------- */

int orders_table(struct orders_query *query);
int orders_json(struct orders_query *query);
/* csv and gsm_fusion: what the csv plugin's sink writes. */
int orders_csv(struct orders_query *query, const char *format);
int orders_count(struct orders_query *query, bool as_json);
/* One order, or all of one IMEI, with their history. */
int orders_show(struct orders_query *query, const char *what, bool as_json);

#endif
