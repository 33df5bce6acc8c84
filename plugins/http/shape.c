#include "shape.h"

#include <stdlib.h>

#include <sluice/text.h>

enum { ENTRIES_MOST = 100, HEADERS_MOST = 12, NAME_MOST = 200, PATH_MOST = 16 * 1024 };

const char *const method_choices[] = {"auto", "GET", "POST", "PUT", "PATCH", "DELETE", NULL};

/* ---- reading ------------------------------------------------------------------------------- */

static int32_t wrong_template(const sluice_host *host, const char *option, sluice_text key, const char *wrong,
                              sluice_error *error) {
    return host->fail(error, SLUICE_E_CONFIG, "'%s'%s%.*s %s", option, key.len ? ": " : "",
                      TEXT_ARG(text_cut(key, 64)), wrong);
}

/* A key in clear text would be in the file, in messages and in dumps. */
static bool is_credential(sluice_text name) {
    static const char *const names[] = {"authorization", "proxy-authorization",
                                        "cookie",        "x-api-key",
                                        "x-auth-token",  "x-access-token",
                                        "api-key",       "api_key",
                                        "apikey",        "apiaccesskey",
                                        "access_token",  "auth_token",
                                        "token",         "key",
                                        "secret",        "password"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_same(name, text_of(names[i])))
            return true;
    return false;
}

static int32_t add_entry(struct entries *out, const struct shape *shape, const char *option, sluice_text key,
                         sluice_text value, enum template_place place, sluice_error *error) {
    struct entry *entry = &out->items[out->count];
    if (!key.len || key.len > NAME_MOST)
        return wrong_template(shape->host, option, key, "is no name", error);
    const char *wrong = template_read(&entry->value, value, place);
    if (wrong)
        return wrong_template(shape->host, option, key, wrong, error);
    entry->name = strndup(key.ptr, key.len);
    out->count++;
    if (!entry->name)
        return shape->host->fail(error, SLUICE_E_IO, "out of memory");
    if (is_credential(key) && !template_secret(&entry->value).ptr)
        return wrong_template(shape->host, option, key,
                              "is a credential: write {{api_key}} where it stands, and give the option "
                              "'api_key', which is kept secret",
                              error);
    return SLUICE_OK;
}

static int32_t read_entries(struct entries *out, const struct shape *shape, const char *option,
                            sluice_pairs pairs, enum template_place place, sluice_error *error) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < pairs.count; i++)
        count += pairs.items[i].values.count;
    uint64_t most = place == TEMPLATE_HEADER ? HEADERS_MOST : ENTRIES_MOST;
    if (count > most)
        return shape->host->fail(error, SLUICE_E_CONFIG, "'%s' has more than %llu entries", option,
                                 (unsigned long long)most);
    out->items = calloc(count + 1, sizeof *out->items);
    if (!out->items)
        return shape->host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint64_t i = 0; i < pairs.count; i++)
        for (uint64_t v = 0; v < pairs.items[i].values.count; v++) {
            int32_t failed = add_entry(out, shape, option, pairs.items[i].key, pairs.items[i].values.items[v],
                                       place, error);
            if (failed)
                return failed;
        }
    return SLUICE_OK;
}

static uint32_t find_method(sluice_text name) {
    for (uint32_t i = 1; method_choices[i]; i++)
        if (text_is(name, method_choices[i]))
            return i;
    return 0;
}

static int32_t read_base(struct shape *shape, sluice_error *error) {
    sluice_text url = shape->settings->url;
    const char *scheme = url.len ? memmem(url.ptr, url.len, "://", 3) : NULL;
    if (!scheme)
        return shape->host->fail(error, SLUICE_E_CONFIG, "'url' is no address; write https://HOST/PATH");
    const char *at = scheme + 3, *end = url.ptr + url.len;
    while (at < end && *at != '/' && *at != '?' && *at != '#')
        at++;
    shape->base = (sluice_text){url.ptr, (uint64_t)(at - url.ptr)};
    if (memchr(at, '#', (size_t)(end - at)))
        return shape->host->fail(error, SLUICE_E_CONFIG, "'url' has a '#', which no server is sent");
    return SLUICE_OK;
}

sluice_text shape_path(const struct shape *shape, sluice_text url) {
    sluice_text base = shape->base;
    if (url.len && url.ptr[0] == '/' && !(url.len > 1 && url.ptr[1] == '/'))
        return url;
    if (url.len < base.len || memcmp(url.ptr, base.ptr, base.len) != 0)
        return (sluice_text){NULL, 0};
    url = (sluice_text){url.ptr + base.len, url.len - base.len};
    return !url.len || url.ptr[0] == '/' || url.ptr[0] == '?' ? url : (sluice_text){NULL, 0};
}

int32_t target_read(struct target *target, const struct shape *shape, const char *option, sluice_text url,
                    sluice_text method, sluice_error *error) {
    const sluice_host *host = shape->host;
    sluice_text path = shape_path(shape, text_trim(url));
    *target = (struct target){.method = method.len ? find_method(method) : SLUICE_METHOD_GET};
    if (!target->method)
        return host->fail(error, SLUICE_E_CONFIG, "'%s': '%.*s' is no method; write GET or POST", option,
                          TEXT_ARG(text_cut(method, 20)));
    if (!path.ptr)
        return host->fail(error, SLUICE_E_CONFIG,
                          "'%s': '%.*s' is neither a path, /v1/…, nor an address on the host of 'url', where "
                          "the key may go",
                          option, TEXT_ARG(text_cut(url, 200)));
    const char *wrong = template_read(&target->url, path, TEMPLATE_URL);
    return wrong ? wrong_template(host, option, (sluice_text){NULL, 0}, wrong, error) : SLUICE_OK;
}

void target_free(struct target *target) {
    template_free(&target->url);
}

static int32_t read_body(struct shape *shape, sluice_error *error) {
    const struct settings *settings = shape->settings;
    if (settings->body.len && settings->form.count)
        return shape->host->fail(error, SLUICE_E_CONFIG, "a request has a 'body' or a 'form', not both");
    if (!settings->body.len)
        return SLUICE_OK;
    const char *wrong = template_read(&shape->body, settings->body, TEMPLATE_JSON);
    return wrong ? wrong_template(shape->host, "body", (sluice_text){NULL, 0}, wrong, error) : SLUICE_OK;
}

static bool uses_secret(const struct shape *shape, const char *name) {
    const struct entries *lists[] = {&shape->headers, &shape->query, &shape->form};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
        for (uint32_t i = 0; i < lists[l]->count; i++)
            if (text_is(template_secret(&lists[l]->items[i].value), name))
                return true;
    for (uint32_t i = 0; i < shape->body.count; i++)
        if (shape->body.parts[i].kind == PART_SECRET && text_is(shape->body.parts[i].text, name))
            return true;
    return false;
}

/* A key that is named and not given, or given and not sent, is a slip that a provider answers in odd ways. */
static int32_t check_secrets(struct shape *shape, sluice_error *error) {
    const sluice_host *host = shape->host;
    bool key = uses_secret(shape, "api_key"), password = uses_secret(shape, "password");
    bool has_key = shape->secrets.api_key.handle, has_password = shape->secrets.password.handle;
    const char *missing = key && !has_key ? "api_key" : password && !has_password ? "password" : NULL;
    shape->basic = has_password && !password;
    if (missing)
        return host->fail(error, SLUICE_E_CONFIG, "{{%s}} is sent, and not given; write %s: \"${NAME}\"",
                          missing, missing);
    if (has_key && !key)
        return host->fail(error, SLUICE_E_CONFIG,
                          "'api_key' is given and sent nowhere; write {{api_key}} in 'headers', 'query', "
                          "'form' or 'body'");
    if (shape->basic && !shape->settings->username.len)
        return host->fail(error, SLUICE_E_CONFIG,
                          "a 'password' needs a 'username', or {{password}} where it goes");
    return SLUICE_OK;
}

int32_t shape_read(struct shape *shape, const sluice_host *host, const struct settings *settings,
                   sluice_error *error) {
    *shape = (struct shape){
        .host = host, .settings = settings, .secrets = {settings->api_key, settings->password}};
    bool sends = settings->body.len || settings->form.count;
    sluice_text method = text_of(method_choices[settings->method]);
    if (!settings->method)
        method = sends ? TEXT("POST") : TEXT("GET");
    int32_t failed = read_base(shape, error);
    if (!failed)
        failed = target_read(&shape->target, shape, "url", settings->url, method, error);
    if (!failed)
        failed = read_entries(&shape->headers, shape, "headers", settings->headers, TEMPLATE_HEADER, error);
    if (!failed)
        failed = read_entries(&shape->query, shape, "query", settings->query, TEMPLATE_VALUE, error);
    if (!failed)
        failed = read_entries(&shape->form, shape, "form", settings->form, TEMPLATE_VALUE, error);
    if (!failed)
        failed = read_body(shape, error);
    if (!failed && sends && shape->target.method == SLUICE_METHOD_GET)
        failed = host->fail(error, SLUICE_E_CONFIG, "a GET has no body; write it under 'query'");
    return failed ? failed : check_secrets(shape, error);
}

static void free_entries(struct entries *entries) {
    for (uint32_t i = 0; i < entries->count; i++) {
        free(entries->items[i].name);
        template_free(&entries->items[i].value);
    }
    free(entries->items);
}

void shape_free(struct shape *shape) {
    target_free(&shape->target);
    free_entries(&shape->headers);
    free_entries(&shape->query);
    free_entries(&shape->form);
    template_free(&shape->body);
}

/* ---- names --------------------------------------------------------------------------------- */

static int each_template(const struct shape *shape, int (*each)(void *user, const struct template *template),
                         void *user) {
    const struct entries *lists[] = {&shape->headers, &shape->query, &shape->form};
    int stop = each(user, &shape->target.url);
    for (size_t l = 0; !stop && l < sizeof lists / sizeof *lists; l++)
        for (uint32_t i = 0; !stop && i < lists[l]->count; i++)
            stop = each(user, &lists[l]->items[i].value);
    return stop ? stop : each(user, &shape->body);
}

static int has_name(void *user, const struct template *template) {
    return template_names(template, user);
}

bool shape_names(const struct shape *shape, const char *name) {
    return each_template(shape, has_name, (void *)(uintptr_t)name);
}

struct naming {
    int (*each)(void *user, sluice_text name);
    void *user;
};

static int name_parts(void *user, const struct template *template) {
    struct naming *naming = user;
    int stop = 0;
    for (uint32_t i = 0; !stop && i < template->count; i++)
        if (template->parts[i].kind == PART_FIELD)
            stop = naming->each(naming->user, template->parts[i].text);
    return stop;
}

int shape_each_name(const struct shape *shape, int (*each)(void *user, sluice_text name), void *user) {
    struct naming naming = {each, user};
    return each_template(shape, name_parts, &naming);
}

struct checking {
    const struct scope *scope;
    sluice_text *name;
    const char *wrong;
};

static int check_template(void *user, const struct template *template) {
    struct checking *checking = user;
    checking->wrong = template_check(template, checking->scope, checking->name);
    return checking->wrong != NULL;
}

const char *shape_check(const struct shape *shape, const struct scope *scope, sluice_text *name) {
    struct checking checking = {scope, name, NULL};
    each_template(shape, check_template, &checking);
    return checking.wrong;
}

/* ---- writing ------------------------------------------------------------------------------- */

static void write_header(const struct shape *shape, const struct entry *entry, struct buffer *value,
                         sluice_request *request) {
    buffer_add(value, TEXT("\0"));
    if (value->failed)
        return;
    sluice_text secret = template_secret(&entry->value);
    if (secret.ptr)
        shape->host->request_header_secret(request, entry->name, value->text,
                                           template_secret_named(&shape->secrets, secret));
    else
        shape->host->request_header(request, entry->name, (sluice_text){value->text, value->length - 1});
}

static void write_entry(const struct shape *shape, const struct entries *list, const struct entry *entry,
                        struct buffer *value, sluice_request *request) {
    const sluice_host *host = shape->host;
    sluice_text name = template_secret(&entry->value);
    sluice_secret secret = template_secret_named(&shape->secrets, name);
    sluice_text text = {value->length ? value->text : "", value->length};
    if (list == &shape->headers)
        write_header(shape, entry, value, request);
    else if (list == &shape->query && name.ptr)
        host->request_query_secret(request, entry->name, secret);
    else if (list == &shape->query)
        host->request_query(request, entry->name, text);
    else if (name.ptr)
        host->request_form_secret(request, entry->name, secret);
    else
        host->request_form(request, entry->name, text);
}

/* False: out of memory. */
static bool write_entries(const struct shape *shape, const struct entries *list, bool constant,
                          const struct scope *scope, sluice_request *request) {
    struct buffer value = {0};
    for (uint32_t i = 0; i < list->count && !value.failed; i++) {
        const struct entry *entry = &list->items[i];
        if ((constant && template_has_fields(&entry->value)) || template_is_empty(&entry->value, scope))
            continue;
        value.length = 0;
        template_write(&entry->value, scope, &value);
        if (!value.failed)
            write_entry(shape, list, entry, &value, request);
    }
    bool failed = value.failed;
    buffer_free(&value);
    return !failed;
}

static bool has_header(const struct shape *shape, const char *name) {
    for (uint32_t i = 0; i < shape->headers.count; i++)
        if (text_same(text_of(shape->headers.items[i].name), text_of(name)))
            return true;
    return false;
}

static bool write_path(const struct shape *shape, const struct target *target, sluice_text path,
                       const struct scope *scope, sluice_request *request) {
    struct buffer text = {.most = PATH_MOST};
    if (path.ptr)
        buffer_add(&text, path);
    else
        template_write(&target->url, scope, &text);
    char *copy = text.failed ? NULL : shape->host->alloc(request->arena, text.length + 1);
    if (copy && text.length)
        memcpy(copy, text.text, text.length);
    request->path = (sluice_text){copy, text.length};
    buffer_free(&text);
    return copy != NULL;
}

int32_t shape_build(const struct shape *shape, const struct target *target, sluice_text path,
                    const struct scope *scope, sluice_request *request, sluice_error *error) {
    const sluice_host *host = shape->host;
    bool own = target == &shape->target;
    bool sends = target->method != SLUICE_METHOD_GET && target->method != SLUICE_METHOD_DELETE;
    request->method = target->method;
    bool done = write_path(shape, target, path, scope, request) &&
                write_entries(shape, &shape->headers, !own, scope, request) &&
                write_entries(shape, &shape->query, !own, scope, request) &&
                (!(own || sends) || write_entries(shape, &shape->form, !own, scope, request));
    if (!done)
        return host->fail(error, SLUICE_E_DATA, "the request is too large, or there is no memory for it");
    if (!has_header(shape, "Accept"))
        host->request_header(request, "Accept", TEXT("application/json"));
    if (shape->basic)
        host->request_basic(request, shape->settings->username, shape->settings->password);
    if (own && shape->body.count) {
        if (!has_header(shape, "Content-Type"))
            request->content_type = TEXT("application/json");
        template_send(&shape->body, scope, host, &shape->secrets, request);
    }
    return SLUICE_OK;
}
