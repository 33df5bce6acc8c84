/* provider.h - what every component that talks to a Dhru site needs: the account, the path, and how a request
 * begins. */
#ifndef DHRU_PROVIDER_H
#define DHRU_PROVIDER_H

#include <sluice/plugin.h>

#include <sluice/buffer.h>

#include "parameters.h"

/* The options; `services` has the first four only. */
struct settings {
    sluice_text base_url;
    sluice_text username;
    sluice_secret api_key;
    sluice_text account;
    int64_t parameters; /* enum parameters_form */
    int64_t list;
    sluice_text service_id;
    sluice_pairs fields, custom;
    sluice_texts refusals;
    int64_t settle; /* enum settle */
};

enum settle { SETTLE_NONE, SETTLE_BALANCE };

struct provider {
    const sluice_host *host;
    sluice_self *self;
    const struct settings *settings;
    sluice_text path; /* of the API's script, below the base URL */
};

int32_t provider_open(struct provider *provider, const sluice_host *host, sluice_self *self,
                      const struct settings *settings, sluice_text service, sluice_error *error);

/* Begin a request: POST, user, key, `action`, JSON. */
void provider_request(const struct provider *provider, sluice_request *request, const char *action);
/* Add what stands in the buffer as `parameters`, and free it. */
int32_t provider_parameters(const struct provider *provider, sluice_request *request, struct buffer *text,
                            sluice_error *error);

/* A redirect is never followed: it would turn the POST into a GET without its body. */
bool provider_redirects(const sluice_reply *reply);
sluice_text provider_target(const sluice_reply *reply);
/* A status that says nothing about the request: it is sent again, when it costs nothing. */
bool provider_is_down(const sluice_reply *reply);

#endif
