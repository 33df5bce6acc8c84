/* value.h - one option's text becomes the typed member that its row describes. Pure. */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include <stdbool.h>

#include <sluice/option.h>

#include "arena.h"
#include "error.h"

/* Each says in one sentence what is wrong and what is right ("'5x' is no duration; write 250ms, 15s, 5m,
 * 2h or 30d"); false then. `why` may be NULL. */
bool value_bool(sluice_text text, uint8_t *out, sluice_error *why);
bool value_int(sluice_text text, int64_t *out, sluice_error *why);
bool value_duration(sluice_text text, int64_t *milliseconds, sluice_error *why);
bool value_size(sluice_text text, int64_t *bytes, sluice_error *why);
bool value_rate(sluice_text text, sluice_rate *out, sluice_error *why);
bool value_url(sluice_text text, sluice_error *why); /* https://, or http:// on loopback; no user:password@ */

/* "'TEXT' REMEDY", with the beginning of a long text only; false. */
bool value_wrong(sluice_error *why, sluice_text text, const char *remedy);

/* Convert a scalar and store it in `config` at the row's offset. Text is copied into `arena`; a secret
 * goes to secret_keep. CHOICE errors come with did-you-mean. TEXTS takes one text; PAIRS isn't a scalar. */
bool value_store(const sluice_option *row, sluice_text text, void *config, sluice_arena *arena,
                 sluice_error *why);

/* "luhn, digits or any" */
void value_list_choices(const sluice_option *row, char *out, size_t room);

#endif
