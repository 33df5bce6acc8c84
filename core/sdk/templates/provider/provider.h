/* provider.h - what all components of @name@ share: the account, the words of the API, how a request begins.
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include <sluice/identity.h>
#include <sluice/json.h>
#include <sluice/plugin.h>

/* The options; plugin.c says how they are written in a pipeline. `check` and `services` have no service_id.
 */
struct settings {
    sluice_text base_url;
    sluice_text username;
    sluice_secret api_key;
    sluice_text account;
    sluice_text service_id;
};

struct provider {
    const sluice_host *host;
    sluice_self *self;
    const struct settings *settings;
    sluice_text service; /* the option service_id, in normal form; null: not given */
    char service_room[SERVICE_TEXT];
};

/* Of every component: open, close, and the endpoint. `list`: rows in a call at most. */
int32_t provider_open(struct provider *provider, const sluice_host *host, sluice_self *self,
                      const struct settings *settings, uint32_t list, sluice_error *error);

/* Begin a request: its path below base_url, and the key. */
void provider_request(const struct provider *provider, sluice_request *request, uint32_t method,
                      const char *path);

/* A cell of a row, trimmed; null when the records have no such column. */
sluice_text provider_cell(const sluice_row *row, const char *column);
/* ?ids=A,B,C from the rows' order_id. */
int32_t provider_ask_ids(const struct provider *provider, const sluice_call *call, sluice_request *request,
                         sluice_error *error);
/* The text of a member of the reply; null: none. In the call's memory. */
sluice_text provider_text(const struct provider *provider, const sluice_call *call, sluice_text object,
                          const char *name);

/* The provider's statuses in the words of the store; null: one that isn't known. */
sluice_text provider_status(sluice_text status);

/* What {"error": {"code": …, "message": …}} means; kind 0: the reply has no error that is known. */
struct refusal {
    uint32_t kind; /* enum sluice_verdict_kind */
    sluice_text code, message;
};
struct refusal provider_refusal(const struct provider *provider, const sluice_call *call, sluice_text root);

/* The calls that cost nothing, whoever makes them: SERVICES, PAGE, BALANCE, SETTLE (account.c). */
int32_t account_build(const struct provider *provider, sluice_call *call, sluice_request *request,
                      sluice_error *error);
int32_t account_parse(const struct provider *provider, sluice_call *call, const sluice_reply *reply,
                      sluice_error *error);

#endif
