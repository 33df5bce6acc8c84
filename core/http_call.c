#include "http_call.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text.h"

/* libcurl calls this when a connection is ready, before the first byte of the request, for each attempt.
 * So it is the proof that a request was not sent, and the place to stop a second attempt of a paid one:
 * left alone, libcurl sends a request again when a kept-alive connection turns out to be dead, though the
 * server may have read it. A body that can't be rewound stops that too, but only after the second request's
 * head has left, and it costs half as much again (head and body in two packets). */
static int about_to_send(void *user, char *peer, char *local, int peer_port, int local_port) {
    struct http_call *call = user;
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    if (call->paid && call->starts > 0)
        return CURL_PREREQFUNC_ABORT;
    if (call->paid && call->events->may_send && !call->events->may_send(call->events->user))
        return CURL_PREREQFUNC_ABORT;
    call->starts++;
    return CURL_PREREQFUNC_OK;
}

static void first_piece(struct http_call *call) {
    long status = 0;
    char *type = NULL;
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
    call->status = (int)status;
    call->content_type = type;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *user) {
    struct http_call *call = user;
    size_t length = size * count;
    if (call->received == 0)
        first_piece(call);
    call->received += length;
    if (call->received > call->reply_limit) {
        call->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (call->events->data(call->events->user, call->tag, call->status, call->content_type,
                           (sluice_text){bytes, length})) {
        call->stopped = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return length;
}

/* libcurl keeps each line of a head, also of those that come behind a body in chunks, without an end. */
static size_t take_head(char *bytes, size_t size, size_t count, void *user) {
    struct http_call *call = user;
    (void)bytes;
    call->head += size * count;
    call->too_large |= call->head > HTTP_HEAD_MOST;
    return call->too_large ? CURL_WRITEFUNC_ERROR : size * count;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    struct http_call *call = user;
    (void)purpose;
    int fd = http_sockets_open(call->sockets, address->family, address->socktype, address->protocol);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* The connection may outlive the call, not the engine: so the table, not the call, is its user. */
static int close_socket(void *user, curl_socket_t fd) {
    return http_sockets_close(user, fd);
}

bool http_call_init(struct http_call *call, const struct curl_library *curl, const struct http_events *events,
                    struct http_sockets *sockets) {
    *call = (struct http_call){
        .curl = curl, .events = events, .sockets = sockets, .connect_ms = -1, .timeout_ms = -1};
    CURL *easy = call->easy = curl->curl_easy_init();
    if (!easy)
        return false;
    int bad = 0;
    bad |= curl->curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->problem);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_USERAGENT, "sluice/" SLUICE_VERSION);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl->curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    bad |= curl->curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, about_to_send);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    bad |= curl->curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, sockets);
    return !bad;
}

void http_call_free(struct http_call *call) {
    if (call->easy)
        call->curl->curl_easy_cleanup(call->easy);
    call->easy = NULL;
}

static bool has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* libcurl reads the list while it writes the request; the nodes are ours, so that nothing is copied.
 * "Expect:" takes that header out: a server's 417 would make libcurl send again. */
static int set_headers(struct http_call *call, const struct http_request *request, sluice_error *error) {
    static char no_expect[] = "Expect:";
    if (request->header_count > HTTP_HEADERS)
        return fail(error, SLUICE_E_CONFIG, "a request has %zu headers; at most %d are sent",
                    request->header_count, HTTP_HEADERS);
    call->headers[0] = (struct curl_slist){.data = no_expect};
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i].line;
        if (has_control(line))
            return fail(error, SLUICE_E_CONFIG, "the header '%.*s' holds a control character",
                        (int)strcspn(line, ":"), line);
        call->headers[i].next = &call->headers[i + 1];
        call->headers[i + 1] = (struct curl_slist){.data = (char *)(uintptr_t)line};
    }
    call->curl->curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    return 0;
}

/* A body goes out by POST with the method's name put over it; without one only POST announces a length. */
static int set_method(struct http_call *call, const struct http_request *request, sluice_error *error) {
    bool has_body = request->body.len > 0 || strcmp(request->method, "POST") == 0;
    if (strcmp(call->method, request->method) || call->has_body != has_body) {
        if (strlen(request->method) >= sizeof call->method)
            return fail(error, SLUICE_E_CONFIG, "the method %.20s isn't known", request->method);
        call->curl->curl_easy_setopt(call->easy, has_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
        call->curl->curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, request->method);
        strcpy(call->method, request->method);
        call->has_body = has_body;
    }
    if (has_body) {
        call->curl->curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        call->curl->curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS,
                                     request->body.len ? request->body.ptr : "");
    }
    return 0;
}

static bool starts_with(const char *text, const char *start) {
    return strncasecmp(text, start, strlen(start)) == 0;
}

static bool is_loopback(const char *url) {
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t length = strcspn(host, ":/?#");
    return starts_with(host, "127.") || starts_with(host, "[::1]") ||
           (length == 9 && starts_with(host, "localhost"));
}

static void set_address(struct http_call *call, const char *url) {
    bool direct = is_loopback(url);
    call->curl->curl_easy_setopt(call->easy, CURLOPT_URL, url);
    if (direct != call->direct)
        call->curl->curl_easy_setopt(call->easy, CURLOPT_PROXY, direct ? "" : NULL);
    call->direct = direct;
}

static void set_paid(struct http_call *call, bool paid) {
    if (call->paid == paid)
        return;
    call->curl->curl_easy_setopt(call->easy, CURLOPT_MAXAGE_CONN, paid ? 1L : 118L);
    call->paid = paid;
}

static void set_times(struct http_call *call, int64_t connect_ms, int64_t timeout_ms) {
    if (call->connect_ms != connect_ms)
        call->curl->curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    if (call->timeout_ms != timeout_ms)
        call->curl->curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    call->connect_ms = connect_ms;
    call->timeout_ms = timeout_ms;
}

int http_call_prepare(struct http_call *call, const struct http_request *request,
                      const struct http_settings *settings, int64_t now_us, sluice_error *error) {
    int code = set_headers(call, request, error);
    if (!code)
        code = set_method(call, request, error);
    if (code)
        return code;
    set_address(call, request->url);
    set_paid(call, request->paid);
    set_times(call, request->connect_ms ? request->connect_ms : settings->connect_ms,
              request->timeout_ms ? request->timeout_ms : settings->timeout_ms);
    call->tag = request->tag;
    call->received = call->head = 0;
    call->reply_limit = request->reply_limit ? request->reply_limit : settings->reply_limit;
    call->begun_us = now_us;
    call->starts = 0;
    call->status = 0;
    call->content_type = NULL;
    call->too_large = call->stopped = false;
    call->problem[0] = '\0';
    return 0;
}
