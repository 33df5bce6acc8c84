/* Coming in and going out. */
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "guard.h"
#include "page.h"
#include "pages.h"
#include "reply.h"

enum { NEXT = 900 };

/* Where to go then: a path of ours, not another site's (//evil.example, /\evil.example). */
static const char *safe_next(sluice_text next, char *room, size_t size) {
    bool good = next.len && next.len < size && next.ptr[0] == '/' && (next.len == 1 || next.ptr[1] != '/');
    for (uint64_t i = 0; good && i < next.len; i++)
        good = next.ptr[i] > ' ' && next.ptr[i] < 0x7f && next.ptr[i] != '\\';
    if (!good)
        return "/";
    snprintf(room, size, "%.*s", TEXT_ARG(next));
    return room;
}

static enum MHD_Result show(struct request *request, unsigned status, const char *problem, sluice_text next) {
    char room[NEXT];
    struct buffer page = {0};
    page_begin(&page, request, "Log in", NULL);
    buffer_string(&page, "<section class=\"card narrow\"><h1>Log in</h1>\n");
    if (problem)
        html_add(&page, "<p class=\"note bad\" role=\"alert\">%s</p>\n", problem);
    if (request->form->options->password.handle) {
        html_add(
            &page,
            "<form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"next\" value=\"%s\">"
            "<input type=\"text\" name=\"user\" value=\"sluice\" autocomplete=\"username\" hidden>"
            "<div class=\"field\"><label for=\"password\">Password</label><input type=\"password\" "
            "id=\"password\" name=\"password\" autocomplete=\"current-password\" required autofocus></div>"
            "<button class=\"primary\">Log in</button></form>",
            safe_next(next, room, sizeof room));
    } else {
        buffer_string(
            &page,
            "<p>This form has no password. When the service starts it writes a link into its log that works "
            "once: open that.</p><p class=\"hint\">The link was used already? Reload the service (SIGHUP) or "
            "start it again to get another one, or give the form a <code>password</code>.</p>");
    }
    buffer_string(&page, "</section>\n");
    page_end(&page, request);
    return reply_page(request, status, &page);
}

enum MHD_Result page_login_show(struct request *request) {
    char room[NEXT];
    sluice_text next = request_parameter(request, "next");
    if (request->known)
        return reply_see(request, safe_next(next, room, sizeof room));
    return show(request, MHD_HTTP_OK, NULL, next);
}

static enum MHD_Result wait(struct request *request, unsigned seconds) {
    char text[120];
    snprintf(text, sizeof text, "There were too many wrong attempts from here. Try again in %u s.", seconds);
    return show(request, MHD_HTTP_TOO_MANY_REQUESTS, text, request_field(request, "next"));
}

static enum MHD_Result come_in(struct request *request, sluice_text next) {
    char room[NEXT];
    sluice_error error = {.size = sizeof error};
    if (guard_log_in(request, &error))
        return reply_failure(request, &error);
    return reply_see(request, safe_next(next, room, sizeof room));
}

enum MHD_Result page_login_try(struct request *request) {
    const struct form *form = request->form;
    unsigned seconds;
    if (!guard_may_try(request, "password from", &seconds))
        return wait(request, seconds);
    bool right = form->options->password.handle &&
                 form->host->secret_matches(form->options->password, request_field(request, "password"));
    guard_tried(request, "password from", right);
    if (right)
        return come_in(request, request_field(request, "next"));
    return show(request, MHD_HTTP_FORBIDDEN, "That isn't the password.", request_field(request, "next"));
}

/* The link of the log. Whoever has come in already stays in. */
enum MHD_Result page_login_enter(struct request *request) {
    unsigned seconds;
    if (request->known)
        return reply_see(request, "/");
    if (!guard_may_try(request, "link from", &seconds))
        return wait(request, seconds);
    bool right = form_enter(request->form, request_parameter(request, "key"));
    guard_tried(request, "link from", right);
    if (right)
        return come_in(request, (sluice_text){0});
    return show(request, MHD_HTTP_FORBIDDEN, "That link is not, or no longer, good.", (sluice_text){0});
}

enum MHD_Result page_logout(struct request *request) {
    guard_log_out(request);
    return reply_see(request, "/login");
}
