/* shape.h - what a request looks like: address, headers, parameters, body, with names for what differs. */
#ifndef HTTP_SHAPE_H
#define HTTP_SHAPE_H

#include "settings.h"
#include "template.h"

struct entry {
    char *name;
    struct template value;
};

struct entries {
    struct entry *items;
    uint32_t count;
};

/* Where a request goes: the option `url`, or that of a call of its own. */
struct target {
    uint32_t method; /* enum sluice_method */
    struct template url;
};

struct shape {
    const sluice_host *host;
    const struct settings *settings;
    sluice_text base; /* scheme and host: every request goes there */
    struct target target;
    struct entries headers, query, form;
    struct template body;
    struct template_secrets secrets;
    bool basic; /* user and password go into a header */
};

int32_t shape_read(struct shape *shape, const sluice_host *host, const struct settings *settings,
                   sluice_error *error);
void shape_free(struct shape *shape);

/* A call of its own: `url` is a path, or an address on the same host. */
int32_t target_read(struct target *target, const struct shape *shape, const char *option, sluice_text url,
                    sluice_text method, sluice_error *error);
void target_free(struct target *target);

/* The part of an address behind the host, when it is on ours; null: it isn't. */
sluice_text shape_path(const struct shape *shape, sluice_text url);

bool shape_names(const struct shape *shape, const char *name);
/* The fields of a record that it takes, each once, by `each`; 1 from it stops. */
int shape_each_name(const struct shape *shape, int (*each)(void *user, sluice_text name), void *user);

/* Why it can't be written for this record; NULL: it can. */
const char *shape_check(const struct shape *shape, const struct scope *scope, sluice_text *name);

/* Write the request. To its own target all of it; to another one what is the same for every record: the key,
 * the form of the reply. `path`: instead of the target's address; null: that. */
int32_t shape_build(const struct shape *shape, const struct target *target, sluice_text path,
                    const struct scope *scope, sluice_request *request, sluice_error *error);

#endif
