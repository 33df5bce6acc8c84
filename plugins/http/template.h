/* template.h - a text of the request with {{names}} in it, and how a value is written where it stands. Pure.
 *
 * A value can never add structure: it is escaped for the place, and what can't be escaped there is refused.
 * Secrets, {{api_key}} and {{password}}, are named here and never seen: the core puts them in. */
#ifndef HTTP_TEMPLATE_H
#define HTTP_TEMPLATE_H

#include <stdbool.h>

#include <sluice/host.h>

#include <sluice/buffer.h>

#include "scope.h"

enum template_place {
    TEMPLATE_URL,    /* path and query: percent-encoded */
    TEMPLATE_VALUE,  /* of a parameter: the core escapes it */
    TEMPLATE_HEADER, /* no control characters */
    TEMPLATE_JSON    /* in a string: escaped; outside of one: a number, true, false or null */
};

enum part_kind { PART_TEXT, PART_FIELD, PART_SECRET };

struct part {
    enum part_kind kind;
    bool bare;        /* of JSON, outside of a string */
    sluice_text text; /* as it is written, or the name */
};

struct template {
    enum template_place place;
    struct part *parts;
    uint32_t count;
};

struct template_secrets {
    sluice_secret api_key, password;
};

/* NULL: read; the text must stay as long. Else what is wrong with it. */
const char *template_read(struct template *out, sluice_text text, enum template_place place);
void template_free(struct template *template);

/* Is there a name in it that isn't a secret's? */
bool template_has_fields(const struct template *template);
/* The name of the secret that it ends with; null: it doesn't. */
sluice_text template_secret(const struct template *template);
sluice_secret template_secret_named(const struct template_secrets *secrets, sluice_text name);
bool template_names(const struct template *template, const char *name);
/* It has names, and each of them stands for nothing. */
bool template_is_empty(const struct template *template, const struct scope *scope);

/* Why a value can't be written where it stands; NULL: all can. `name` is whose. */
const char *template_check(const struct template *template, const struct scope *scope, sluice_text *name);

/* What stands before the secret, or all of it. */
void template_write(const struct template *template, const struct scope *scope, struct buffer *out);
/* The body of a request. */
void template_send(const struct template *template, const struct scope *scope, const sluice_host *host,
                   const struct template_secrets *secrets, sluice_request *request);

#endif
