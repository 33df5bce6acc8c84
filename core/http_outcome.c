#include "http_outcome.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stand_in.h"

/* "127.0.0.1:5099" out of a URL: a message names the server, never the path or the query. */
static void server_name(const struct http_call *call, char *out, size_t room) {
    char *url = NULL;
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
    const char *host = url ? strstr(url, "://") : NULL;
    host = host ? host + 3 : (url ? url : "");
    snprintf(out, room, "%.*s", (int)strcspn(host, "/?#"), host);
    if (!*out)
        snprintf(out, room, "the server");
}

/* Into the result, cut to its room; a server's words must not move a terminal's cursor. */
static void put(struct http_result *result, const char *format, ...) SLUICE_PRINTF(2, 3);
static void put(struct http_result *result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->text, sizeof result->text, format, arguments);
    va_end(arguments);
    for (char *c = result->text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

static const char *detail(const struct http_call *call, CURLcode code) {
    return *call->problem ? call->problem : call->curl->curl_easy_strerror(code);
}

static void seconds(char *out, size_t room, int64_t ms) {
    snprintf(out, room, ms % 1000 ? "%.3g s" : "%.0f s", (double)ms / 1000);
}

static const char *header(const struct http_call *call, const char *name) {
    struct curl_header *found = NULL;
    return call->curl->curl_easy_header(call->easy, name, 0, CURLH_HEADER, -1, &found) ? NULL : found->value;
}

/* No connection came about. */
static void say_unsent(const struct http_call *call, CURLcode code, const char *server,
                       struct http_result *r) {
    long number = 0;
    char limit[32];
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
    seconds(limit, sizeof limit, call->connect_ms);
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        put(r, "the address of %s isn't a URL that can be used: %s", server, detail(call, code));
    else if (code == CURLE_COULDNT_RESOLVE_HOST)
        put(r, "the name of %s can't be looked up: %s", server, detail(call, code));
    else if (code == CURLE_OPERATION_TIMEDOUT)
        put(r, "%s didn't accept a connection within %s", server, limit);
    else if (code == CURLE_PEER_FAILED_VERIFICATION)
        put(r, "the certificate of %s is not accepted: %s", server, detail(call, code));
    else if (code == CURLE_COULDNT_CONNECT && number == ECONNREFUSED)
        put(r, "%s refused the connection", server);
    else
        put(r, "no connection to %s: %s", server, detail(call, code));
}

/* libcurl may have tried to connect again, so its code may speak of the second connection. */
static void say_sent(const struct http_call *call, CURLcode code, const char *server, struct http_result *r) {
    char limit[32];
    seconds(limit, sizeof limit, call->timeout_ms);
    if (call->head > HTTP_HEAD_MOST)
        put(r, "the head of the reply of %s is larger than %d bytes", server, HTTP_HEAD_MOST);
    else if (call->too_large)
        put(r, "the reply of %s is larger than %" PRIu64 " bytes", server, call->reply_limit);
    else if (call->stopped)
        put(r, "the reply of %s was cut off on purpose", server);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        put(r, "%s didn't reply within %s", server, limit);
    else if (r->status)
        put(r, "the reply of %s broke off after %" PRIu64 " bytes of the body", server, r->received);
    else if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
        put(r, "the connection to %s broke off: %s", server, detail(call, code));
    else if (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL)
        put(r, "%s doesn't speak HTTP: %s", server, detail(call, code));
    else
        put(r, "%s closed the connection without a reply", server);
}

/* libcurl takes a reply whose head breaks off for one with an empty body. */
static bool cut_short(const struct http_call *call, const struct http_result *r) {
    curl_off_t length = -1;
    if (r->received > 0 || r->status < 200 || r->status > 299 || r->status == 204 ||
        header(call, "Transfer-Encoding"))
        return false;
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length < 0;
}

static enum http_outcome classify(const struct http_call *call, CURLcode code, const struct http_result *r) {
    long proxy = 0;
    if (code == CURLE_OK)
        return cut_short(call, r) ? HTTP_BROKEN : HTTP_REPLIED;
    if (call->too_large)
        return HTTP_TOO_LARGE;
    if (call->stopped)
        return HTTP_STOPPED;
    /* libcurl counts what it says to a proxy as bytes of the request, too. */
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    if (call->starts == 0 && (r->sent == 0 || proxy))
        return HTTP_NOT_SENT;
    return code == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMEOUT : HTTP_BROKEN;
}

static int64_t date_ms(const struct http_call *call, const char *text) {
    time_t time = text ? call->curl->curl_getdate(text, NULL) : -1;
    return time > 0 ? (int64_t)time * 1000 : 0;
}

/* Seconds, or a date, which is taken against the server's own clock when it told its time. */
static int64_t retry_after_ms(const struct http_call *call, const char *text, int64_t server_ms) {
    enum { LIMIT_S = 31 * 86400 };
    if (!text)
        return -1;
    if (isdigit((unsigned char)*text)) {
        long long s = strtoll(text, NULL, 10); /* a number too large ends up as LLONG_MAX */
        return (s > LIMIT_S ? LIMIT_S : s) * 1000;
    }
    int64_t then = date_ms(call, text);
    if (!then)
        return -1;
    int64_t wait = then - (server_ms ? server_ms : (int64_t)time(NULL) * 1000);
    return wait < 0 ? 0 : (wait > LIMIT_S * 1000LL ? LIMIT_S * 1000LL : wait);
}

static void read_headers(const struct http_call *call, struct http_result *r) {
    char *text = NULL;
    r->date_ms = date_ms(call, header(call, "Date"));
    r->retry_after_ms = retry_after_ms(call, header(call, "Retry-After"), r->date_ms);
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &text);
    r->redirect = text;
    text = NULL;
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &text);
    r->content_type = text;
}

void http_outcome(const struct http_call *call, CURLcode code, int64_t now_us, struct http_result *result) {
    long status = 0, sent = 0;
    char server[120];
    *result = (struct http_result){.retry_after_ms = -1, .call = call};
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->curl->curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
    result->status = (int)status;
    result->sent = (uint64_t)sent;
    result->received = call->received;
    result->elapsed_us = now_us - call->begun_us;
    if (status)
        read_headers(call, result);
    result->outcome = classify(call, code, result);
    server_name(call, server, sizeof server);
    if (result->outcome == HTTP_NOT_SENT)
        say_unsent(call, code, server, result);
    else if (result->outcome != HTTP_REPLIED)
        say_sent(call, code, server, result);
}

const char *http_result_header(const struct http_result *result, const char *name) {
    if (result->stand_in)
        return stand_in_header(result->stand_in, name);
    return result->call ? header(result->call, name) : NULL;
}
