/* form.h - one form: what its requests share. */
#ifndef FORM_FORM_H
#define FORM_FORM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <sluice/plugin.h>

#include "address.h"
#include "draft.h"
#include "mhd_library.h"
#include "options.h"
#include "patience.h"
#include "session.h"
#include "throttle.h"

enum { FORM_ENTRY = 32 };

struct form {
    const sluice_host *host;
    sluice_self *self;
    const struct form_options *options;
    struct names names;
    char cookie[32]; /* its name */
    bool secure;     /* browsers reach it by https alone */
    struct sessions sessions;
    struct MHD_Daemon *daemon;
    char *tls_cert, *tls_key; /* their text */
    struct patience patience;
    struct throttle throttle;
    struct drafts drafts;
    atomic_bool stopping;
    atomic_uint streams; /* that are open */

    pthread_mutex_t lock;
    char entry[FORM_ENTRY + 1];         /* of the link that works once; "": it was used, or there is none */
    char (*revoked)[SESSION_NONCE + 1]; /* sessions that were ended; with a password, before a restart, too */
    size_t revoked_count, revoked_room;
};

extern const sluice_source form_callbacks;

int32_t form_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error);
void form_close(void *instance);

/* Log the session out; it mustn't come back. */
void form_revoke(struct form *form, const char *nonce);
bool form_is_revoked(struct form *form, const char *nonce);
/* Is it the one of the link? It is used up then. */
bool form_enter(struct form *form, sluice_text entry);

#endif
