#include "rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "rest_url.h"

/* Blanks and line ends come along when a key is copied. */
static bool is_graphic(const char *key) {
    for (; *key; key++)
        if (*key <= ' ' || *key >= 0x7f)
            return false;
    return true;
}

static int read_key(struct rest *rest, sluice_error *error) {
    char key[4096];
    int failed = rest->host->reveal(rest->key, key, sizeof key, error);
    if (failed < 0)
        return failed;
    if (failed == 0 && !is_graphic(key))
        failed =
            rest->host->fail(error, SLUICE_E_CONFIG,
                             "SUPABASE_KEY (option 'key') has a blank, a line end or another character in "
                             "it that no key has; copy it anew");
    if (failed < 0) {
        explicit_bzero(key, sizeof key);
        return failed;
    }
    rest->bearer = failed == 0 && strncmp(key, "sb_", 3) != 0;
    rest->role = failed == 0 ? rest_role_of(key) : REST_ROLE_OTHER;
    explicit_bzero(key, sizeof key);
    return 0;
}

/* public.orders */
static int read_table(struct rest *rest, sluice_text table, sluice_error *error) {
    const char *dot = table.len ? memchr(table.ptr, '.', table.len) : NULL;
    uint64_t before = dot ? (uint64_t)(dot - table.ptr) : 0;
    sluice_text schema = {table.ptr, before};
    sluice_text name = dot ? (sluice_text){dot + 1, table.len - before - 1} : table;
    if (!name.len || (dot && !schema.len) || name.len >= sizeof rest->table ||
        schema.len >= sizeof rest->schema)
        return rest->host->fail(error, SLUICE_E_CONFIG,
                                "option 'table': '%.*s' is no table's name; write orders",
                                TEXT_ARG(text_cut(table, 80)));
    snprintf(rest->schema, sizeof rest->schema, "%.*s", TEXT_ARG(schema));
    snprintf(rest->table, sizeof rest->table, "%.*s", TEXT_ARG(name));
    snprintf(rest->shown, sizeof rest->shown, "%s.%s", dot ? rest->schema : "public", rest->table);
    return 0;
}

/* The host alone: it is what a person knows the project by. */
static void name_server(struct rest *rest, sluice_text url) {
    uint64_t from = 0, to;
    for (uint64_t i = 0; i + 1 < url.len && !from; i++)
        if (url.ptr[i] == '/' && url.ptr[i + 1] == '/')
            from = i + 2;
    for (to = from; to < url.len && !memchr("/?#", url.ptr[to], 3);)
        to++;
    snprintf(rest->server, sizeof rest->server, "%.*s", (int)(to - from < 120 ? to - from : 120),
             url.ptr + from);
}

int rest_open(struct rest *rest, const sluice_host *host, sluice_self *self, sluice_text url,
              sluice_secret key, sluice_text table, uint32_t list, sluice_error *error) {
    *rest = (struct rest){.host = host, .self = self, .key = key};
    if (!url.len && !key.handle)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "it isn't said where the store is: give 'url' and 'key' (SUPABASE_URL, SUPABASE_KEY), "
            "or 'db_url' (SUPABASE_DB_URL)");
    if (!url.len || !key.handle)
        return host->fail(error, SLUICE_E_CONFIG, "'%s' is missing (%s); or give 'db_url' (SUPABASE_DB_URL)",
                          url.len ? "key" : "url", url.len ? "SUPABASE_KEY" : "SUPABASE_URL");
    int failed = read_table(rest, table, error);
    if (!failed)
        failed = read_key(rest, error);
    if (failed)
        return failed;
    name_server(rest, url);
    const sluice_endpoint endpoint = {.size = sizeof endpoint,
                                      .list = list,
                                      .base_url = url,
                                      .provider = TEXT("supabase"),
                                      .user = text_of(rest->role == REST_ROLE_ANON ? "anon" : "service"),
                                      .failures = 1};
    return host->endpoint(self, &endpoint, error);
}

void rest_free(struct rest *rest) {
    sql_free(&rest->path);
}

int rest_no_memory(const struct rest *rest, sluice_error *error) {
    return rest->host->fail(error, SLUICE_E_IO, "out of memory");
}

void rest_begin_at(struct rest *rest, const char *table) {
    sql_clear(&rest->path);
    sql_add(&rest->path, "/rest/v1/");
    rest_url_word(&rest->path, table);
    sql_add(&rest->path, "?");
}

void rest_begin(struct rest *rest) {
    rest_begin_at(rest, rest->table);
}

/* Long texts are copied in pieces between what has to be escaped. */
void rest_add_string(struct sql *body, sluice_text text) {
    static const char hex[] = "0123456789abcdef";
    sql_bytes(body, "\"", 1);
    for (uint64_t i = 0, from = 0;; i++) {
        bool end = i == text.len;
        unsigned char c = end ? '"' : (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        if (i > from)
            sql_bytes(body, text.ptr + from, i - from);
        from = i + 1;
        char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (end)
            break;
        if (c < 0x20)
            sql_bytes(body, c == '\n' ? "\\n" : escaped, c == '\n' ? 2 : 6);
        else
            sql_bytes(body, c == '"' ? "\\\"" : "\\\\", 2);
    }
    sql_bytes(body, "\"", 1);
}

int rest_request(struct rest *rest, sluice_request *request, uint32_t method, const char *prefer,
                 sluice_error *error) {
    const sluice_host *host = rest->host;
    char *path = rest->path.failed ? NULL : host->alloc(request->arena, rest->path.length + 1);
    if (!path)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    memcpy(path, rest->path.text, rest->path.length);
    request->path = (sluice_text){path, rest->path.length};
    request->method = method;
    host->request_header_secret(request, "apikey", "", rest->key);
    if (rest->bearer)
        host->request_header_secret(request, "Authorization", "Bearer ", rest->key);
    if (*rest->schema)
        host->request_header(request, method == SLUICE_METHOD_GET ? "Accept-Profile" : "Content-Profile",
                             text_of(rest->schema));
    host->request_header(request, "Accept", TEXT("application/json"));
    if (prefer)
        host->request_header(request, "Prefer", text_of(prefer));
    return 0;
}

/* ---- replies -------------------------------------------------------------------------------- */

static void judge(struct rest *rest, sluice_call *call, uint32_t kind, const char *code, const char *text,
                  bool split) {
    const sluice_verdict verdict = {.size = sizeof verdict,
                                    .kind = kind,
                                    .row = SLUICE_ALL_ROWS,
                                    .code = text_of(code),
                                    .text = text_of(text),
                                    .retry_after_ms = -1,
                                    .split = split};
    rest->host->verdict(call, &verdict);
}

int rest_answer(struct rest *rest, sluice_call *call, const struct rest_fault *fault, sluice_error *error) {
    char text[900];
    snprintf(text, sizeof text, "%s: %s", rest->server, fault->text);
    switch (fault->kind) {
    case REST_FINE:
        return 0;
    case REST_ROW:
        judge(rest, call, SLUICE_VERDICT_REJECTED, "refused_by_table", fault->words, true);
        return 0;
    case REST_SIZE:
        judge(rest, call, SLUICE_VERDICT_RETRY_LATER, fault->code, text, call->row_count > 1);
        return 0;
    case REST_AGAIN:
        judge(rest, call, SLUICE_VERDICT_RETRY_LATER, fault->code, text, false);
        return 0;
    default:
        return rest->host->fail(error, fault->exit, "%s", text);
    }
}

int rest_hear(struct rest *rest, sluice_call *call, const sluice_reply *reply, enum rest_kind *kind,
              struct rest_fault *fault, sluice_error *error) {
    rest_fault_read(fault, reply->status, reply->body, rest->shown, rest->role);
    *kind = fault->kind;
    return rest_answer(rest, call, fault, error);
}

void rest_unread(struct rest *rest, sluice_call *call, const char *what) {
    char text[300];
    snprintf(text, sizeof text,
             "%s: the reply isn't what the API answers (%s); is SUPABASE_URL (option 'url') the project's "
             "address?",
             rest->server, what);
    judge(rest, call, SLUICE_VERDICT_RETRY_LATER, "unreadable_reply", text, false);
}

int64_t rest_count(const struct rest *rest, sluice_call *call) {
    sluice_text range = rest->host->reply_header(call, "Content-Range");
    const char *slash = range.len ? memchr(range.ptr, '/', range.len) : NULL;
    if (!slash || !text_is_digit(slash[1])) /* terminated: it is a header */
        return -1;
    return strtoll(slash + 1, NULL, 10);
}
