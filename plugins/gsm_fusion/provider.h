/* provider.h - what every component that talks to GSM Fusion needs: the account, the path, and the
 * frame of a call: a request with the credentials, a reply read as records. */
#ifndef GSM_FUSION_PROVIDER_H
#define GSM_FUSION_PROVIDER_H

#include <sluice/plugin.h>

#include "reply.h"

/* The options; `services` has the first four only. */
struct settings {
    sluice_text base_url;
    sluice_text username;
    sluice_secret api_key;
    sluice_text account;
    sluice_text service_id;
    int64_t list;
    sluice_pairs fields;
    int64_t settle; /* enum settle */
};

/* What the site's list of recent orders is good for. */
enum settle {
    SETTLE_RECENT,   /* it holds recent orders, who knows how many */
    SETTLE_COMPLETE, /* it holds every order since its oldest */
    SETTLE_NONE      /* the site has none */
};

enum { IDLE_READERS = 32 }; /* as many replies often come at once */

struct provider {
    const sluice_host *host;
    sluice_self *self;
    const struct settings *settings;
    sluice_text path; /* of the API's script, below the base URL */
    const struct xml_library *xml;
    struct reader *idle[IDLE_READERS];
    unsigned idle_count;
};

int32_t provider_open(struct provider *provider, const sluice_host *host, sluice_self *self,
                      const struct settings *settings, sluice_text service, sluice_error *error);
void provider_close(struct provider *provider);

/* Begin a request: POST, user, key, `action`. */
void provider_request(const struct provider *provider, sluice_request *request, const char *action);

/* The frame of one call's reply. A component's own state of a call begins with it. */
struct exchange {
    struct provider *provider;
    sluice_call *call;
    struct reader *reader;                                   /* from the first piece to the last */
    void (*record)(void *user, const struct record *record); /* gets the state */
    bool unread;                                             /* there was no memory for a reader */
    char error[320]; /* the text of an <error> of the whole call; "": none */
};

/* Make call->state: `bytes` zeroed, a struct exchange first. NULL: no memory, the error says so. */
void *exchange_new(struct provider *provider, sluice_call *call, size_t bytes,
                   void (*record)(void *user, const struct record *record), sluice_error *error);
/* Feed a piece. REPLY_OPEN until the last one; then `came` says what it was. */
enum reply_state exchange_read(struct exchange *exchange, const sluice_reply *reply,
                               char came[REPLY_DESCRIPTION]);
/* A redirect is never followed: it would turn the POST into a GET without its body. */
bool exchange_redirects(const sluice_reply *reply);
sluice_text exchange_target(const sluice_reply *reply);
/* Free call->state with its reader. */
void exchange_free(sluice_call *call);
/* Is the record the error of the whole call? Kept then. */
bool exchange_error(struct exchange *exchange, const struct record *record);

#endif
