#include "rehearsal_provider.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "text.h"
#include "value.h"

/* ---- the sandboxes ----------------------------------------------------------------------------- */

static const sluice_component *sandbox_type(const struct plugin *plugin) {
    for (size_t i = 0; plugin && i < plugin->component_count; i++)
        if (plugin->components[i].kind == SLUICE_SANDBOX)
            return &plugin->components[i];
    return NULL;
}

static bool is_in(const struct rehearsal_provider *provider, const struct plugin *plugin) {
    for (size_t i = 0; i < provider->sandbox_count; i++)
        if (provider->sandboxes[i].plugin == plugin)
            return true;
    return false;
}

static const sluice_option *option_named(const sluice_component *type, sluice_text name) {
    for (uint32_t i = 0; i < type->option_count; i++)
        if (text_is(name, type->options[i].name))
            return &type->options[i];
    return NULL;
}

static int store(struct rehearsal_provider *provider, struct rehearsal_sandbox *sandbox,
                 const sluice_option *row, sluice_text text, sluice_error *error) {
    sluice_error why = ERROR_INIT;
    if (value_store(row, text, sandbox->config, &provider->arena, &why))
        return 0;
    return fail(error, SLUICE_E_CONFIG, "the option '%s' of the sandbox of %s: %s", row->name,
                sandbox->plugin->name, why.text);
}

static int bind(struct rehearsal_provider *provider, struct rehearsal_sandbox *sandbox,
                const sluice_pairs *options, sluice_error *error) {
    const sluice_component *type = sandbox->type;
    sandbox->config = arena_zalloc(&provider->arena, type->config_size ? type->config_size : 1);
    int failed = sandbox->config ? 0 : fail_memory(error);
    for (uint32_t i = 0; !failed && i < type->option_count; i++)
        if (type->options[i].fallback)
            failed = store(provider, sandbox, &type->options[i], text_of(type->options[i].fallback), error);
    for (uint64_t i = 0; !failed && i < options->count; i++) {
        const sluice_option *row = option_named(type, options->items[i].key);
        if (row && options->items[i].values.count == 1)
            failed = store(provider, sandbox, row, options->items[i].values.items[0], error);
    }
    return failed;
}

static int add_sandbox(struct rehearsal_provider *provider, const struct component *component,
                       const sluice_pairs *options, sluice_error *error) {
    const sluice_component *type = sandbox_type(component->plugin);
    if (!type || is_in(provider, component->plugin))
        return 0;
    if (provider->sandbox_count == REHEARSAL_SANDBOXES)
        return fail(error, SLUICE_E_CONFIG, "the pipeline asks more than %d providers", REHEARSAL_SANDBOXES);
    struct rehearsal_sandbox *sandbox = &provider->sandboxes[provider->sandbox_count++];
    *sandbox = (struct rehearsal_sandbox){.plugin = component->plugin, .type = type};
    return bind(provider, sandbox, options, error);
}

/* An option that no sandbox has is a mistake, not a wish. */
static int check_options(const struct rehearsal_provider *provider, const sluice_pairs *options,
                         sluice_error *error) {
    for (uint64_t i = 0; i < options->count; i++) {
        bool known = false;
        for (size_t s = 0; s < provider->sandbox_count; s++)
            known = known || option_named(provider->sandboxes[s].type, options->items[i].key);
        if (!known)
            return fail(error, SLUICE_E_CONFIG,
                        "'options' of the provider: no sandbox here has the option '%.*s'; `sluice plugins "
                        "show` lists them",
                        TEXT_ARG(options->items[i].key));
    }
    return 0;
}

int rehearsal_provider_find(struct rehearsal_provider *provider, const struct pipeline *pipeline,
                            const struct rehearsal_step *step, sluice_error *error) {
    *provider = (struct rehearsal_provider){.step = step};
    pthread_mutex_init(&provider->lock, NULL);
    int failed = add_sandbox(provider, &pipeline->source, &step->options, error);
    for (size_t i = 0; !failed && i < pipeline->actions.count; i++)
        failed = add_sandbox(provider, &pipeline->actions.items[i], &step->options, error);
    return failed ? failed : check_options(provider, &step->options, error);
}

const struct rehearsal_sandbox *rehearsal_sandbox_of(const struct rehearsal_provider *provider,
                                                     const struct component *component) {
    for (size_t i = 0; i < provider->sandbox_count; i++)
        if (provider->sandboxes[i].plugin == component->plugin)
            return &provider->sandboxes[i];
    return NULL;
}

static int parse_faults(struct rehearsal_provider *provider, const struct rehearsal_sandbox *sandbox,
                        struct fault *faults, sluice_error *error) {
    const sluice_sandbox *callbacks = sandbox->type->sandbox;
    const sluice_texts *texts = &provider->step->faults;
    for (uint64_t i = 0; i < texts->count; i++) {
        const char *text = arena_copy(&provider->arena, texts->items[i]).ptr;
        int failed = text ? fault_parse(text, callbacks->faults, &faults[i], error) : fail_memory(error);
        if (failed)
            return fail_within(error, "'faults' of the provider");
    }
    return 0;
}

static int start(struct rehearsal_provider *provider, struct rehearsal_sandbox *sandbox, const char *dir,
                 sluice_error *error) {
    struct fault *faults = arena_array(&provider->arena, provider->step->faults.count + 1, sizeof *faults);
    sandbox->books = arena_printf(&provider->arena, "%s/books-%s", dir, sandbox->plugin->name);
    if (!faults || !sandbox->books)
        return fail_memory(error);
    int failed = parse_faults(provider, sandbox, faults, error);
    const struct sandbox_settings settings = {.type = sandbox->type,
                                              .config = sandbox->config,
                                              .provider = sandbox->plugin->name,
                                              .faults = faults,
                                              .fault_count = provider->step->faults.count,
                                              .state_path = sandbox->books};
    return failed ? failed : sandbox_open(&settings, &sandbox->sandbox, error);
}

int rehearsal_provider_open(struct rehearsal_provider *provider, const char *dir, sluice_error *error) {
    size_t replies = provider->step->reply_count;
    provider->left = arena_array(&provider->arena, replies + 1, sizeof *provider->left);
    int failed = provider->left ? 0 : fail_memory(error);
    for (size_t i = 0; !failed && i < replies; i++)
        provider->left[i] = provider->step->replies[i].times;
    for (size_t i = 0; !failed && i < provider->sandbox_count; i++)
        failed = start(provider, &provider->sandboxes[i], dir, error);
    if (!failed && provider->step->faults.count && !provider->sandbox_count)
        failed = fail(error, SLUICE_E_CONFIG,
                      "'faults' of the provider: no plugin of this pipeline has a sandbox; write 'replies'");
    return failed;
}

void rehearsal_provider_close(struct rehearsal_provider *provider) {
    for (size_t i = 0; i < provider->sandbox_count; i++)
        if (provider->sandboxes[i].sandbox)
            sandbox_stop(provider->sandboxes[i].sandbox, NULL);
    pthread_mutex_destroy(&provider->lock);
    arena_free(&provider->arena);
    free(provider->requests);
}

void rehearsal_provider_count(struct rehearsal_provider *provider, struct sandbox_counts *out) {
    *out = (struct sandbox_counts){0};
    for (size_t i = 0; i < provider->sandbox_count; i++) {
        struct sandbox_counts counts = {0};
        if (provider->sandboxes[i].sandbox)
            sandbox_count(provider->sandboxes[i].sandbox, &counts);
        out->requests += counts.requests;
        out->charges += counts.charges;
        out->identifiers += counts.identifiers;
        out->repeated += counts.repeated;
        out->amount = money_add(out->amount, counts.amount);
        if (counts.most_charges > out->most_charges)
            out->most_charges = counts.most_charges;
    }
}

/* ---- what was asked ------------------------------------------------------------------------------ */

static int hex(char c) {
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* A form as a person reads it. What isn't escaped stays. */
static sluice_text readable(char *text, size_t length) {
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        bool escape = text[i] == '%' && i + 2 < length && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
        if (escape) {
            text[used++] = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            text[used++] = text[i];
        }
    }
    return (sluice_text){text, secret_redact(text, used)};
}

/* Under the lock. Out of memory it isn't noted, and the number of requests is wrong, which fails the test. */
static sluice_text note(struct rehearsal_provider *provider, const struct http_request *request) {
    sluice_text none = {"", 0};
    if (provider->request_count == provider->request_room) {
        size_t room = provider->request_room ? 2 * provider->request_room : 32;
        void *more = realloc(provider->requests, room * sizeof *provider->requests);
        if (!more)
            return none;
        provider->requests = more;
        provider->request_room = room;
    }
    char *text = arena_printf(&provider->arena, "%s %s%s%.*s", request->method, request->url,
                              request->body.len ? "\n" : "", TEXT_ARG(request->body));
    if (!text)
        return none;
    struct rehearsal_request *own = &provider->requests[provider->request_count++];
    *own = (struct rehearsal_request){readable(text, strlen(text)), request->paid};
    return own->text;
}

/* ---- what is answered ---------------------------------------------------------------------------- */

/* Under the lock. */
static const struct rehearsal_reply *take_reply(struct rehearsal_provider *provider, sluice_text asked) {
    for (size_t i = 0; i < provider->step->reply_count; i++) {
        const struct rehearsal_reply *reply = &provider->step->replies[i];
        bool fits = !reply->match.len || memmem(asked.ptr, asked.len, reply->match.ptr, reply->match.len);
        if (!fits || !provider->left[i])
            continue;
        provider->left[i]--;
        return reply;
    }
    return NULL;
}

static const char *guess_type(sluice_text body) {
    body = text_trim(body);
    if (body.len && (*body.ptr == '{' || *body.ptr == '['))
        return "application/json";
    return body.len && *body.ptr == '<' ? "text/xml; charset=utf-8" : "text/plain; charset=utf-8";
}

static void give_written(const struct rehearsal_reply *reply, sluice_arena *arena,
                         struct stand_in_reply *out) {
    static const enum http_outcome outcomes[] = {[REPLY_WHOLE] = HTTP_REPLIED,
                                                 [REPLY_TIMEOUT] = HTTP_TIMEOUT,
                                                 [REPLY_BROKEN] = HTTP_BROKEN,
                                                 [REPLY_REFUSED] = HTTP_NOT_SENT};
    *out = (struct stand_in_reply){.outcome = outcomes[reply->fault]};
    if (reply->fault == REPLY_REFUSED || (reply->fault && !reply->body.len))
        return;
    out->status = (int)reply->status;
    out->content_type = reply->type.len ? arena_copy(arena, reply->type).ptr : guess_type(reply->body);
    out->body = reply->body;
    out->headers = reply->headers;
}

static const struct plugin *plugin_of(const struct pipeline *pipeline, const void *type) {
    if (pipeline->source.type == type)
        return pipeline->source.plugin;
    for (size_t i = 0; i < pipeline->actions.count; i++)
        if (pipeline->actions.items[i].type == type)
            return pipeline->actions.items[i].plugin;
    return NULL;
}

static struct sandbox *sandbox_for(const struct rehearsal_provider *provider, const void *type) {
    const struct plugin *plugin = plugin_of(provider->pipeline, type);
    for (size_t i = 0; plugin && i < provider->sandbox_count; i++)
        if (provider->sandboxes[i].plugin == plugin)
            return provider->sandboxes[i].sandbox;
    return NULL;
}

static void answer(void *user, const struct http_request *request, sluice_arena *arena,
                   struct stand_in_reply *out) {
    struct rehearsal_provider *provider = user;
    pthread_mutex_lock(&provider->lock);
    sluice_text asked = note(provider, request);
    const struct rehearsal_reply *reply = take_reply(provider, asked);
    struct sandbox *sandbox = reply ? NULL : sandbox_for(provider, request->asker);
    if (!reply && !sandbox && !provider->unanswered++)
        provider->first_unanswered = asked;
    pthread_mutex_unlock(&provider->lock);
    if (reply)
        give_written(reply, arena, out);
    else if (sandbox)
        sandbox_ask(sandbox, request, arena, out);
    else
        *out = (struct stand_in_reply){.outcome = HTTP_NOT_SENT};
}

void rehearsal_provider_stand_in(struct rehearsal_provider *provider) {
    stand_in_begin(answer, provider);
}
