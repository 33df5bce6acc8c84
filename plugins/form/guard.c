#include "guard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sluice/text.h>

#include "framing.h"
#include "reply.h"
#include "route.h"

enum { ADDRESS = 80, NEXT = 900 };

static bool is_change(const struct request *request) {
    return strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0;
}

/* ---- where it comes from --------------------------------------------------------------------- */

/* A page on the web may have its own name point to this machine; it can't choose the Host header, and
 * browsers say in Origin whose page asks. */
static bool comes_from_us(const struct request *request) {
    const struct names *names = &request->form->names;
    sluice_text origin = request_header(request, "Origin");
    sluice_text site = request_header(request, "Sec-Fetch-Site");
    if (!names_host(names, request_header(request, "Host")))
        return false;
    if (origin.ptr && !names_origin(names, origin))
        return false;
    return !is_change(request) || !site.ptr || text_is(site, "same-origin") || text_is(site, "none");
}

/* ---- who asks -------------------------------------------------------------------------------- */

/* "password from 192.0.2.1" */
static sluice_text name_try(struct request *request, const char *what, char room[2 * ADDRESS]) {
    char address[ADDRESS];
    sluice_text from = request_address(request, address, sizeof address);
    snprintf(room, 2 * ADDRESS, "%s %.*s", what, TEXT_ARG(from));
    return text_of(room);
}

bool guard_may_try(struct request *request, const char *what, unsigned *seconds) {
    char room[2 * ADDRESS];
    struct form *form = request->form;
    int64_t wait = throttle_wait(&form->throttle, name_try(request, what, room), form->host->now_ms());
    *seconds = (unsigned)((wait + 999) / 1000);
    return !wait;
}

void guard_tried(struct request *request, const char *what, bool passed) {
    char room[2 * ADDRESS];
    struct form *form = request->form;
    sluice_text name = name_try(request, what, room);
    if (passed) {
        throttle_passed(&form->throttle, name);
        return;
    }
    throttle_failed(&form->throttle, name, form->host->now_ms());
    form->host->log(form->self, SLUICE_LOG_WARN, "a wrong %.*s was refused", TEXT_ARG(name));
}

static bool has_cookie(struct request *request) {
    struct form *form = request->form;
    sluice_text cookie =
        text_of(mhd.lookup_connection_value(request->connection, MHD_COOKIE_KIND, form->cookie));
    return cookie.len && session_read(&form->sessions, cookie, &request->session) &&
           !form_is_revoked(form, request->session.nonce);
}

/* "Bearer TOKEN" -> TOKEN */
static sluice_text bearer(const struct request *request) {
    sluice_text header = request_header(request, "Authorization");
    size_t length = strlen("Bearer ");
    if (header.len <= length || strncasecmp(header.ptr, "Bearer ", length) != 0)
        return (sluice_text){0};
    return text_trim((sluice_text){header.ptr + length, header.len - length});
}

static enum MHD_Result refuse_wait(struct request *request, unsigned seconds) {
    char text[120];
    snprintf(text, sizeof text, "There were too many wrong attempts from here. Try again in %u s.", seconds);
    return reply_refuse(request, MHD_HTTP_TOO_MANY_REQUESTS, "Please wait", text);
}

/* False: it was answered. */
static bool check_token(struct request *request, sluice_text token, enum MHD_Result *result) {
    struct form *form = request->form;
    unsigned seconds;
    if (!guard_may_try(request, "token from", &seconds)) {
        *result = refuse_wait(request, seconds);
        return false;
    }
    request->known = request->by_token =
        form->options->token.handle && form->host->secret_matches(form->options->token, token);
    if (request->known)
        return true;
    guard_tried(request, "token from", false);
    *result = reply_refuse(request, MHD_HTTP_UNAUTHORIZED, "Not allowed",
                           "The token isn't that of this form (option `token`).");
    return false;
}

static void add_escaped(struct buffer *out, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x21 || byte > 0x7e || strchr("?&#%+=\\", byte))
            buffer_format(out, "%%%02X", byte);
        else
            buffer_put(out, text.ptr + i, 1);
    }
}

static enum MHD_Result add_parameter(void *user, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                     const char *value, size_t size) {
    struct buffer *out = user;
    (void)kind;
    if (out->used > NEXT)
        return MHD_NO;
    buffer_string(out, memchr(out->text, '?', out->used) ? "&" : "?");
    add_escaped(out, (sluice_text){name, name_size});
    buffer_string(out, "=");
    add_escaped(out, (sluice_text){value, value ? size : 0});
    return MHD_YES;
}

/* What was looked for is there again after logging in. */
static void add_query(struct buffer *out, const struct request *request) {
    mhd.get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, add_parameter, out);
}

static enum MHD_Result ask_to_log_in(struct request *request) {
    if (request->route->flags & ROUTE_API)
        return reply_refuse(request, MHD_HTTP_UNAUTHORIZED, "Not allowed",
                            "Send Authorization: Bearer with the form's token.");
    if (is_change(request))
        return reply_refuse(request, MHD_HTTP_FORBIDDEN, "You are logged out",
                            "Nothing was ordered or changed. Log in, and send the form again.");
    char to[NEXT];
    struct buffer page = {0}, next = {0};
    buffer_string(&page, request->path);
    add_query(&page, request);
    buffer_string(&next, "/login");
    if (page.used > 1) {
        buffer_string(&next, "?next=");
        add_escaped(&next, buffer_view(&page));
    }
    snprintf(to, sizeof to, "%s",
             page.failed || next.failed || next.used >= sizeof to ? "/login" : next.text);
    buffer_free(&page);
    buffer_free(&next);
    return reply_see(request, to);
}

/* ---- one after the other --------------------------------------------------------------------- */

bool guard_head(struct request *request, enum MHD_Result *result) {
    bool other_method = false;
    request->route = route_find(request->method, request->path, &request->part, &other_method);
    if (!framing_is_plain(request)) {
        *result = reply_refuse(request, MHD_HTTP_BAD_REQUEST, "Not understood",
                               "The request says twice whom it is for, or in two ways how long it is.");
        return false;
    }
    if (!comes_from_us(request)) {
        *result =
            reply_refuse(request, MHD_HTTP_FORBIDDEN, "Not from here",
                         "The form is called by another name than its own, or another site's page asks. "
                         "Use the address that it listens on, or set `public_url`.");
        return false;
    }
    request->known = has_cookie(request);
    sluice_text token = bearer(request);
    bool api = request->route && request->route->flags & ROUTE_API;
    if (token.len && api && !check_token(request, token, result))
        return false;
    if (!request->route) {
        *result = other_method
                      ? reply_refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED, "Not like that",
                                     "This address is there, but not for this method.")
                      : reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "There is no such page.");
        return false;
    }
    if (request->known || request->route->flags & ROUTE_OPEN)
        return true;
    *result = ask_to_log_in(request);
    return false;
}

bool guard_change(const struct request *request) {
    if (!is_change(request) || request->by_token || request->route->flags & ROUTE_OPEN)
        return true;
    sluice_text sent = request_field(request, "csrf");
    if (!sent.ptr)
        sent = request_header(request, "X-CSRF-Token");
    return sent.ptr && session_same(sent, text_of(request->session.csrf));
}

int guard_log_in(struct request *request, sluice_error *error) {
    const struct form *form = request->form;
    char cookie[SESSION_COOKIE];
    int failed = session_begin(&form->sessions, &request->session, cookie, error);
    if (failed)
        return failed;
    request->known = true;
    snprintf(request->set_cookie, sizeof request->set_cookie,
             "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", form->cookie, cookie,
             SESSION_DAYS * 86400, form->secure ? "; Secure" : "");
    return 0;
}

void guard_log_out(struct request *request) {
    struct form *form = request->form;
    form_revoke(form, request->session.nonce);
    request->known = false;
    snprintf(request->set_cookie, sizeof request->set_cookie,
             "%s=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax%s", form->cookie,
             form->secure ? "; Secure" : "");
}
