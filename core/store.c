#include "store.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alias.h"
#include "log.h"
#include "secret.h"
#include "text.h"

enum { OPTIONS_MOST = 32 };

/* ---- the store of a pipeline -------------------------------------------------------------- */

static const sluice_option *option_of(const sluice_component *type, const char *name) {
    for (uint32_t i = 0; i < type->option_count; i++)
        if (strcmp(type->options[i].name, name) == 0)
            return &type->options[i];
    return NULL;
}

/* A store gives back what it keeps, and can be asked for orders. */
static bool is_store(const struct component *component) {
    const char *name = component->plugin->name;
    const sluice_component *source = plugin_component(component->plugin, name, SLUICE_SOURCE);
    const sluice_component *sink = plugin_component(component->plugin, name, SLUICE_SINK);
    return strcmp(component->type->name, name) == 0 && source && sink && option_of(source, "imei") &&
           option_of(source, "status");
}

const struct component *store_of(const struct pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->sinks.count; i++)
        if (is_store(&pipeline->sinks.items[i]))
            return &pipeline->sinks.items[i];
    return is_store(&pipeline->source) ? &pipeline->source : NULL;
}

const struct component *store_shown_by(const struct pipeline *pipeline) {
    return pipeline->source.store ? pipeline->source.store : store_of(pipeline);
}

const char store_shows_another_text[] =
    "the pipeline doesn't write to the store that is shown: what is ordered isn't seen there";

bool store_shows_another(const struct pipeline *pipeline) {
    const struct component *shown = pipeline->source.store;
    if (!shown || !shown->complete)
        return false;
    for (size_t i = 0; i < pipeline->sinks.count; i++) {
        const struct component *sink = &pipeline->sinks.items[i];
        if (!sink->complete || (is_store(sink) && store_same(shown, sink)))
            return false;
    }
    return true;
}

static bool is_given(const struct lone_option *options, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (options[i].values.count && strcmp(options[i].name, name) == 0)
            return true;
    return false;
}

/* Options that say which store it is are those that its source and its sink share. */
static void take_over(struct lone *part, const struct component *from, const struct lone_option *options,
                      size_t count) {
    const sluice_component *to = part->component.type;
    bool same = from->type == to;
    for (uint32_t i = 0; i < to->option_count; i++) {
        const sluice_option *row = &to->options[i], *other = option_of(from->type, row->name);
        bool shared =
            !same || option_of(plugin_component(from->plugin, from->plugin->name,
                                                to->kind == SLUICE_SINK ? SLUICE_SOURCE : SLUICE_SINK),
                               row->name);
        if (!other || !shared || other->type != row->type || other->member_size != row->member_size ||
            is_given(options, count, row->name))
            continue;
        memcpy((char *)part->component.config + row->offset, (const char *)from->config + other->offset,
               row->member_size);
    }
    part->component.limits = from->limits;
}

static int load(struct store *store, struct program *program, const char *file) {
    struct diag diag = {0};
    if (!program_vars(program) || !program_registry(program))
        return program->error.code;
    store->pipeline =
        pipeline_load(file, PIPELINE_RUN, program_vars(program), program_registry(program), &diag);
    program_report(program, &diag);
    int result = store->pipeline ? 0 : diag.exit_code;
    diag_free(&diag);
    return result;
}

static int bind_from(struct store *store, struct program *program, const struct pipeline *pipeline,
                     const struct component *from, uint32_t kind, const struct lone_option *options,
                     size_t count) {
    if (!from)
        return fail(&program->error, SLUICE_E_USAGE,
                    "%s: has no store of orders among its sinks (orders, sqlite, supabase)", pipeline->file);
    int result = lone_bind(&store->part, program, from->plugin->name, kind, options, count, true);
    if (!result)
        take_over(&store->part, from, options, count);
    return result;
}

static int bind_from_file(struct store *store, struct program *program, uint32_t kind, const char *file,
                          const struct lone_option *options, size_t count) {
    int result = load(store, program, file);
    if (result)
        return result;
    return bind_from(store, program, store->pipeline, store_of(store->pipeline), kind, options, count);
}

/* ---- binding ------------------------------------------------------------------------------ */

int store_bind(struct store *store, struct program *program, uint32_t kind, const char *file,
               const struct lone_option *options, size_t count) {
    *store = (struct store){0};
    int result = file ? bind_from_file(store, program, kind, file, options, count)
                      : lone_bind(&store->part, program, ALIAS_ORDERS, kind, options, count, false);
    if (result)
        store_free(store);
    return result;
}

int store_bind_of(struct store *store, struct program *program, const struct pipeline *pipeline,
                  uint32_t kind, const struct lone_option *options, size_t count) {
    *store = (struct store){0};
    int result = bind_from(store, program, pipeline, store_shown_by(pipeline), kind, options, count);
    if (result)
        store_free(store);
    return result;
}

/* What a name stands for: the plugin, and its option that takes the name. */
struct meant {
    const char *plugin, *option;
};

static struct meant meaning_of(const char *name) {
    static const struct {
        const char *begin;
        struct meant meant;
    } addresses[] = {{"postgresql://", {"supabase", "db_url"}},
                     {"postgres://", {"supabase", "db_url"}},
                     {"https://", {"supabase", "url"}},
                     {"http://", {"supabase", "url"}}};
    if (strcmp(name, "sqlite") == 0 || strcmp(name, "supabase") == 0)
        return (struct meant){name, NULL};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (strncmp(name, addresses[i].begin, strlen(addresses[i].begin)) == 0)
            return addresses[i].meant;
    return (struct meant){"sqlite", "path"};
}

static void warn_of_password(const char *name) {
    static bool said;
    const char *scheme = strstr(name, "://"), *host = scheme ? strrchr(name, '@') : NULL;
    if (host && !said && memchr(scheme + 3, ':', (size_t)(host - scheme - 3)))
        log_line(SLUICE_LOG_WARN, NULL,
                 "a password on the command line can be seen by everyone on this machine; better set "
                 "SUPABASE_DB_URL and write supabase");
    said = said || host;
}

int store_bind_named(struct store *store, struct program *program, uint32_t kind, const char *name,
                     const struct lone_option *options, size_t count) {
    struct lone_option all[OPTIONS_MOST];
    sluice_text value = text_of(name);
    struct meant meant = meaning_of(name);
    *store = (struct store){0};
    if (count >= OPTIONS_MOST)
        return fail(&program->error, SLUICE_E_SOFTWARE, "too many options for a store");
    for (size_t i = 0; i < count; i++)
        all[i] = options[i];
    warn_of_password(name);
    if (meant.option)
        all[count++] = (struct lone_option){meant.option, {&value, 1}};
    int result = lone_bind(&store->part, program, meant.plugin, kind, all, count, false);
    if (result)
        store_free(store);
    return result;
}

/* ---- names -------------------------------------------------------------------------------- */

static sluice_text value_of(const struct component *component, const char *name) {
    const sluice_option *option = option_of(component->type, name);
    const char *member = option ? (const char *)component->config + option->offset : NULL;
    sluice_text text = {0};
    sluice_secret secret;
    if (option && option->type == SLUICE_TYPE_SECRET) {
        memcpy(&secret, member, sizeof secret);
        text = secret_value(secret);
    } else if (option && option->member_size == sizeof text) {
        memcpy(&text, member, sizeof text);
    }
    return text;
}

/* Over a connection to the database only. */
bool store_fill_at_once(struct store *store, bool wanted) {
    const struct component *component = &store->part.component;
    const sluice_option *load = option_of(component->type, "load");
    if (!load || load->type != SLUICE_TYPE_BOOL || !value_of(component, "db_url").len)
        return false;
    *((uint8_t *)component->config + load->offset) = wanted;
    return true;
}

/* A file has many names: "a.db", "./a.db", a link to it. */
static bool same_file(sluice_text a, sluice_text b) {
    struct stat one, other;
    char path[PATH_MAX];
    if (a.len >= sizeof path || b.len >= sizeof path)
        return false;
    snprintf(path, sizeof path, "%.*s", TEXT_ARG(a));
    bool there = stat(path, &one) == 0;
    snprintf(path, sizeof path, "%.*s", TEXT_ARG(b));
    return there && stat(path, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static bool same(sluice_text a, sluice_text b) {
    return text_equal(a, b) || same_file(a, b);
}

/* A database's own address counts more than the project's. */
bool store_same(const struct component *a, const struct component *b) {
    static const char *const names[] = {"path", "db_url", "url"};
    for (size_t i = 0; a->plugin == b->plugin && i < sizeof names / sizeof *names; i++) {
        sluice_text one = value_of(a, names[i]), other = value_of(b, names[i]);
        if (one.len || other.len)
            return same(one, other);
    }
    return false;
}

const char *store_shown(const char *name, char *out, size_t room) {
    const char *scheme = strstr(name, "://"), *host = scheme ? strrchr(name, '@') : NULL;
    if (!scheme)
        return name;
    const char *user = scheme + 3;
    size_t user_length = host ? strcspn(user, ":@") : 0;
    const char *rest = host ? host : user;
    snprintf(out, room, "%.*s%.*s%.*s", (int)(user - name), name, (int)user_length, user,
             (int)strcspn(rest, "?"), rest);
    return out;
}

void store_free(struct store *store) {
    lone_free(&store->part);
    pipeline_free(store->pipeline);
    *store = (struct store){0};
}
