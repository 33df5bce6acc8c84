/* request.h - one request, from its head to the end of its answer. */
#ifndef FORM_REQUEST_H
#define FORM_REQUEST_H

#include <stdbool.h>

#include "buffer.h"
#include "form.h"

enum { REQUEST_FIELDS = 64, REQUEST_NAME = 32, REQUEST_FILE_NAME = 200, REQUEST_DROPPED = 4 * 1024 * 1024 };

struct route;

/* A field of the body: where its value stands in `fields_text`. */
struct request_field {
    char name[REQUEST_NAME];
    size_t begin, length;
};

struct request {
    struct form *form;
    struct MHD_Connection *connection;
    struct client *client;
    const char *method, *path;
    const struct route *route;
    sluice_text part; /* of the path, where the route has a * */
    bool answered;    /* already, from its head alone */

    bool known; /* somebody is logged in, or has the token */
    bool by_token;
    struct session session;
    char set_cookie[256];

    struct MHD_PostProcessor *post;
    uint64_t received, most;
    bool broken; /* the body isn't what its type says */
    bool too_much;
    struct request_field fields[REQUEST_FIELDS];
    unsigned field_count;
    struct buffer fields_text;
    struct buffer raw; /* of a body that is no form */
    struct buffer file;
    bool has_file, many_files;
    char file_name[REQUEST_FILE_NAME];
};

/* The head is there. NULL: no memory. */
struct request *request_new(struct form *form, struct MHD_Connection *connection, const char *method,
                            const char *path);
void request_free(struct request *request);

/* A header, or a parameter behind the ?; null: there is none of that name. A parameter that isn't UTF-8 is
 * none. */
sluice_text request_header(const struct request *request, const char *name);
sluice_text request_parameter(const struct request *request, const char *name);
/* A field of the body, likewise. */
sluice_text request_field(const struct request *request, const char *name);
/* The name of a parameter that isn't among these, of which the last is NULL; NULL: there is none. */
const char *request_parameter_but(const struct request *request, const char *const *known);
/* Are its parameters and fields all UTF-8? */
bool request_is_text(const struct request *request);
/* Who asks, for those who count: an address. */
sluice_text request_address(const struct request *request, char *room, size_t size);

/* ---- the body ------------------------------------------------------------------------------- */

/* From now on it is taken, as its type says. False: no memory. */
bool request_take_body(struct request *request, uint64_t most);
/* A piece of it. What is too much is thrown away, so that its end can be answered; false: it doesn't end. */
bool request_body(struct request *request, const char *data, size_t size);

#endif
