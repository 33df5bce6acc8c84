#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sluice/text.h>

#include "guard.h"
#include "reply.h"
#include "request.h"
#include "route.h"

enum {
    IDLE_SECONDS = 60,
    NEXT_MS = 30000, /* until the next request of a connection */
    BODY_MS = 20000,
    BODY_BYTES_A_MS = 32,
    HEAD_BYTES = 32 * 1024,
    STACK = 512 * 1024,
    SMALL_BODY = 64 * 1024,
    FORM_SLACK = 64 * 1024, /* what stands around a file in its form */
    PEM_MOST = 256 * 1024
};

/* ---- one request ----------------------------------------------------------------------------- */

static uint64_t most_of(const struct request *request) {
    if (!(request->route->flags & ROUTE_UPLOAD))
        return SMALL_BODY;
    return (uint64_t)request->form->options->max_upload + FORM_SLACK;
}

static enum MHD_Result refuse_size(struct request *request) {
    char text[120];
    snprintf(
        text, sizeof text, "At most %llu KiB are taken here. Nothing was ordered; send less at a time.",
        (unsigned long long)(most_of(request) - (request->route->flags & ROUTE_UPLOAD ? FORM_SLACK : 0)) /
            1024);
    return reply_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "That is too much", text);
}

static enum MHD_Result begin(struct form *form, struct MHD_Connection *connection, const char *path,
                             const char *method, void **slot) {
    enum MHD_Result result = MHD_YES;
    struct request *request = request_new(form, connection, method, path);
    *slot = request;
    if (!request)
        return MHD_NO;
    patience_give(request->client, BODY_MS, false);
    request->answered = !guard_head(request, &result);
    if (request->answered)
        return result;
    sluice_text length = request_header(request, "Content-Length");
    uint64_t announced = length.ptr ? strtoull(length.ptr, NULL, 10) : 0, most = most_of(request);
    if (announced > most) {
        request->answered = true;
        return refuse_size(request);
    }
    if (length.ptr || request_header(request, "Transfer-Encoding").ptr) /* nobody's body is one of a crowd */
        patience_give(request->client, BODY_MS + (int64_t)(most / BODY_BYTES_A_MS), !request->known);
    return request_take_body(request, most) ? MHD_YES : MHD_NO;
}

static enum MHD_Result answer(struct request *request) {
    request->answered = true;
    patience_give(request->client, 0, false); /* now it waits for us */
    if (request->too_much)
        return refuse_size(request);
    if (request->broken)
        return reply_refuse(request, MHD_HTTP_BAD_REQUEST, "Not understood",
                            "What was sent isn't a form as browsers send it, or has too many fields.");
    if (!request_is_text(request))
        return reply_refuse(request, MHD_HTTP_BAD_REQUEST, "Not understood",
                            "What was sent isn't text in UTF-8. Nothing was ordered or changed.");
    uint64_t most = (uint64_t)request->form->options->max_upload;
    if (request->file.used > most || request->raw.used > most)
        return refuse_size(request);
    if (!guard_change(request))
        return reply_refuse(
            request, MHD_HTTP_FORBIDDEN, "Please send it again",
            "The page that this came from is out of date, or isn't ours. Nothing was ordered or "
            "changed: open the page anew and send it again.");
    return request->route->answer(request);
}

/* Called when the head is there, for each piece of the body, and at its end. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **slot) {
    struct request *request = *slot;
    (void)version;
    if (!request)
        return begin(user, connection, path, method, slot);
    if (*size) {
        size_t count = *size;
        *size = 0;
        return request->answered || request_body(request, data, count) ? MHD_YES : MHD_NO;
    }
    return request->answered ? MHD_YES : answer(request);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode how) {
    struct request *request = *slot;
    (void)user, (void)connection, (void)how;
    if (request)
        patience_give(request->client, NEXT_MS, true);
    request_free(request);
    *slot = NULL;
}

MHD_AccessHandlerCallback server_handler(void) {
    return on_request;
}

MHD_RequestCompletedCallback server_end_handler(void) {
    return on_completed;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what) {
    struct form *form = user;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        patience_end(&form->patience, *socket_context);
        return;
    }
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info ? patience_begin(&form->patience, info->connect_fd) : NULL;
}

/* ---- starting -------------------------------------------------------------------------------- */

static char *read_pem(struct form *form, sluice_text path, sluice_error *error) {
    char name[4096];
    char *text = NULL;
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(path));
    FILE *file = fopen(name, "re");
    if (file && (text = calloc(1, PEM_MOST))) {
        size_t got = fread(text, 1, PEM_MOST - 1, file);
        if (ferror(file) || !got) {
            free(text);
            text = NULL;
        }
    }
    if (!text)
        form->host->fail(error, SLUICE_E_CONFIG, "%s can't be read: %s", name, strerror(errno));
    if (file)
        fclose(file);
    return text;
}

static int load_tls(struct form *form, sluice_error *error) {
    if (!form->names.tls)
        return 0;
    if (!mhd.is_feature_supported(MHD_FEATURE_TLS))
        return form->host->fail(
            error, SLUICE_E_CONFIG,
            "this libmicrohttpd has no TLS; put a proxy in front and say behind_proxy: true");
    form->tls_cert = read_pem(form, form->options->tls_cert, error);
    form->tls_key = form->tls_cert ? read_pem(form, form->options->tls_key, error) : NULL;
    return form->tls_key ? 0 : error->code;
}

static int start_daemon(struct form *form, int fd, sluice_error *error) {
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, form->tls_cert},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, form->tls_key},
                                   {MHD_OPTION_END, 0, NULL}};
    if (form->names.tls)
        flags |= MHD_USE_TLS;
    form->daemon = mhd.start_daemon(
        flags, 0, NULL, NULL, on_request, form, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)PATIENCE_CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, on_completed, form,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, form, MHD_OPTION_ARRAY, form->names.tls ? tls : tls + 2,
        MHD_OPTION_END);
    return form->daemon ? 0
                        : form->host->fail(error, SLUICE_E_IO, "the server can't be started%s",
                                           form->names.tls ? "; are tls_cert and tls_key a pair?" : "");
}

/* Cookies know no ports: two forms on one machine need two names. */
static void name_cookie(struct form *form) {
    form->secure =
        form->names.tls || (form->names.public_scheme.ptr && text_is(form->names.public_scheme, "https://"));
    snprintf(form->cookie, sizeof form->cookie, "sluice_%u", form->names.listen.port);
}

static void free_tls(struct form *form) {
    free(form->tls_cert);
    if (form->tls_key)
        explicit_bzero(form->tls_key, strlen(form->tls_key));
    free(form->tls_key);
    form->tls_cert = form->tls_key = NULL;
}

int server_start(struct form *form, sluice_error *error) {
    int fd = -1;
    int failed = mhd_library_load(form->host, error);
    if (!failed)
        failed = load_tls(form, error);
    if (!failed)
        failed = address_listen(form->host, &form->names.listen, &fd, error);
    if (!failed && patience_start(&form->patience)) {
        close(fd);
        failed = form->host->fail(error, SLUICE_E_IO, "no thread can be started");
    } else if (!failed) {
        name_cookie(form);
        failed = start_daemon(form, fd, error);
        if (failed) {
            patience_stop(&form->patience);
            close(fd);
        }
    }
    if (failed)
        free_tls(form);
    return failed;
}

void server_stop(struct form *form) {
    mhd.stop_daemon(form->daemon); /* closes the listening socket, too */
    form->daemon = NULL;
    patience_stop(&form->patience);
    free_tls(form);
}
