/* rest_url.h - the words of a request's address: escaped, quoted where PostgREST wants quotes. Pure. */
#ifndef SUPABASE_REST_URL_H
#define SUPABASE_REST_URL_H

#include "sql.h"

/* Percent-encoded, but for what may stand in a query as it is. */
void rest_url_add(struct sql *url, sluice_text text);
void rest_url_word(struct sql *url, const char *word);
/* A value in in.(…), or behind an operator in and=(…), or=(…): in quotes unless it is plain. */
void rest_url_value(struct sql *url, sluice_text value);
/* A name of a column in `select` and `columns`: in quotes unless it is plain. */
void rest_url_name(struct sql *url, sluice_text name);
/* A regular expression, in quotes, that matches one of the texts as a whole, or a text with `text` in it. */
void rest_url_any_of(struct sql *url, sluice_texts texts);
void rest_url_part(struct sql *url, sluice_text text);

#endif
