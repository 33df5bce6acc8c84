/* secret.h - values that must never be seen: kept apart, left out of core dumps, struck out of output.
 * Thread-safe. */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

/* Keep a value; the same value gives the same handle. handle 0: empty, or no memory. */
sluice_secret secret_keep(sluice_text value);
/* The value; null for a handle that isn't known. Valid until secret_forget_all. */
sluice_text secret_value(sluice_secret secret);
/* Replace each kept value (of at least 4 bytes), as it stands or escaped for a URL, XML or JSON, by `***`,
 * in place. Returns the new length. */
size_t secret_redact(char *text, size_t length);
/* The same in what is stored, for values of at least 8 bytes: shorter ones may be there by chance. */
size_t secret_redact_data(char *text, size_t length);
/* Is there one of those in it? */
bool secret_in_data(sluice_text text);
/* The same for a text that was cut off: the beginning of a value at its end goes, too. */
size_t secret_redact_cut(char *text, size_t length);
/* 1 when `text` is the secret. Takes time by the lengths alone. */
int32_t secret_matches(sluice_secret secret, sluice_text text);
void secret_forget_all(void);

#endif
