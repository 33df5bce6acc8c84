#include "clerk.h"

#include <stdlib.h>
#include <string.h>

#include "clerk_parts.h"
#include "log.h"
#include "secret.h"

/* ---- what each question needs ---------------------------------------------------------------- */

/* What a store or a provider needs to be told stands in the pipeline; variables are for the commands' own
 * options. */
void clerk_begin(const struct clerk *clerk, struct program *out) {
    *out = (struct program){.command = clerk->program->command,
                            .arguments = clerk->program->arguments,
                            .quiet = true,
                            .registry = clerk->program->registry,
                            .error = ERROR_INIT,
                            .vars_read = true};
}

void clerk_end(struct program *program) {
    program->registry = NULL; /* the service's */
    program_end(program);
}

struct ledger_site clerk_site(const struct clerk *clerk) {
    return (struct ledger_site){.state_dir = clerk->post.state_dir,
                                .uri = clerk->post.pipeline->ledger.uri,
                                .lease_ms = clerk->post.pipeline->ledger.lease_ms};
}

int clerk_open_ledger(const struct clerk *clerk, struct ledger **out, sluice_error *error) {
    sluice_error why = ERROR_INIT;
    *out = NULL;
    const struct ledger_site site = clerk_site(clerk);
    int failed = ledger_open_at(&site, LEDGER_READ_ONLY, out, &why);
    if (failed && failed != SLUICE_E_NOINPUT)
        return fail(error, failed, "%s", why.text);
    return 0;
}

const struct component *clerk_spender(const struct clerk *clerk) {
    const struct pipeline *pipeline = clerk->post.pipeline;
    return pipeline->spender >= 0 ? &pipeline->actions.items[pipeline->spender] : NULL;
}

/* Another's words, a database's or a provider's, go to whoever has asked: with nothing in them that is
 * secret. */
void clerk_strike_out(char *text) {
    text[secret_redact(text, strlen(text))] = 0;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void stop_clerk(struct clerk *clerk) {
    atomic_store(&clerk->stopping, true);
    errands_stop(&clerk->errands);
}

static void close_clerk(struct clerk *clerk) {
    stop_clerk(clerk);
    errands_close(&clerk->errands);
    offer_end(&clerk->offer);
    pthread_mutex_destroy(&clerk->store_lock);
    free(clerk->store);
    free(clerk);
}

/* A sink says which store it is when it is opened; nothing is touched by that. */
static int name_store(struct clerk *clerk, sluice_error *error) {
    const struct component *store = store_shown_by(clerk->post.pipeline);
    struct instance instance;
    struct inputs inputs = {0};
    if (!store || store->type->kind != SLUICE_SINK)
        return 0;
    int failed = instance_open(&instance, store->type, store->config, store->place, &inputs, false, error);
    if (!failed && instance.self.keeps.len) {
        clerk->store = strndup(instance.self.keeps.ptr, instance.self.keeps.len);
        failed = clerk->store ? 0 : fail_memory(error);
    }
    instance_close(&instance);
    inputs_free(&inputs);
    return failed ? fail_within(error, "%s", store->place) : 0;
}

static int open_clerk(const struct clerk_post *post, struct clerk **out, sluice_error *error) {
    struct clerk *clerk = calloc(1, sizeof *clerk);
    if (!clerk)
        return fail_memory(error);
    clerk->post = *post;
    clerk->program = post->user;
    pthread_mutex_init(&clerk->store_lock, NULL);
    errands_open(&clerk->errands, clerk);
    clerk_export_sweep(post->state_dir);
    int failed = offer_begin(clerk, error);
    if (!failed)
        failed = name_store(clerk, error);
    if (!failed && store_shows_another(post->pipeline))
        log_line(SLUICE_LOG_WARN, post->pipeline->name, "%s", store_shows_another_text);
    if (failed)
        close_clerk(clerk);
    else
        *out = clerk;
    return failed;
}

/* ---- questions ------------------------------------------------------------------------------- */

struct question {
    uint32_t kind;
    int (*answer)(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error);
    const char *const *conditions;
};

#define CONDITIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define OF_STORE "status", "service", "since", "until", "text", "imei", "order_id"

static const struct question questions[] = {
    {SLUICE_QUERY_STORE, clerk_store, CONDITIONS(OF_STORE)},
    {SLUICE_QUERY_STORE_COUNT, clerk_count_store, CONDITIONS(OF_STORE)},
    {SLUICE_QUERY_EXPORT, clerk_export, CONDITIONS(OF_STORE, "format")},
    {SLUICE_QUERY_LEDGER, clerk_ledger, CONDITIONS("state", "key", "order_id", "imei", "pipeline")},
    {SLUICE_QUERY_HISTORY, clerk_history, CONDITIONS("key", "order_id", "imei")},
    {SLUICE_QUERY_CATALOGUE, clerk_catalogue, CONDITIONS("fresh")},
    {SLUICE_QUERY_BALANCE, clerk_balance, CONDITIONS("fresh")},
    {SLUICE_QUERY_KNOWN, clerk_known, CONDITIONS("repeat")},
    {SLUICE_QUERY_PLAN, clerk_plan, CONDITIONS("repeat")},
    {SLUICE_QUERY_STATUS, clerk_status, CONDITIONS(NULL)},
    {SLUICE_QUERY_ACTS, clerk_acts, CONDITIONS("act")},
};

static int query_clerk(struct clerk *clerk, const sluice_query *given, sluice_each_row *each, void *user,
                       sluice_error *error) {
    sluice_query asked = {0};
    memcpy(&asked, given, given->size < sizeof asked ? given->size : sizeof asked);
    struct handout out = handout_to(&asked, each, user);
    if (atomic_load(&clerk->stopping))
        return fail(error, SLUICE_E_BUSY, "the service is stopping");
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        if (questions[i].kind != asked.kind)
            continue;
        int failed = query_check(&asked, questions[i].conditions, error);
        if (!failed)
            failed = questions[i].answer(clerk, &asked, &out, error);
        if (failed)
            clerk_strike_out(error->text);
        return failed;
    }
    return fail(error, SLUICE_E_PLUGIN, "this version has no answer to a query of kind %u", asked.kind);
}

const struct service_clerk clerk_of_service = {
    .open = open_clerk, .query = query_clerk, .act = clerk_act, .stop = stop_clerk, .close = close_clerk};
