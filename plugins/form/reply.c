#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "html.h"
#include "json.h"
#include "page.h"
#include "route.h"

enum { STREAM_PIECE = 64 * 1024, ANSWER_MS = 30000, BYTES_A_MS = 32 };

static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"}, /* with less, forms are sent without a usable Origin */
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static void add_headers(const struct request *request, struct MHD_Response *response, bool lasting) {
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        mhd.add_response_header(response, headers[i][0], headers[i][1]);
    mhd.add_response_header(response, "Cache-Control",
                            lasting ? "public, max-age=31536000, immutable" : "no-store");
    if (request->too_much)
        mhd.add_response_header(response, "Connection", "close");
    if (request->set_cookie[0])
        mhd.add_response_header(response, "Set-Cookie", request->set_cookie);
    if (request->form->names.tls)
        mhd.add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
}

static enum MHD_Result queue(struct request *request, unsigned status, const char *type,
                             struct MHD_Response *response, bool lasting) {
    if (!response)
        return MHD_NO;
    if (type)
        mhd.add_response_header(response, "Content-Type", type);
    add_headers(request, response, lasting);
    enum MHD_Result queued = mhd.queue_response(request->connection, status, response);
    mhd.destroy_response(response);
    return queued;
}

/* `text` is malloc'ed, and freed when it is sent. */
static enum MHD_Result send_text(struct request *request, unsigned status, const char *type,
                                 struct buffer *text, const char *disposition) {
    size_t count = text->used;
    buffer_put(text, "", 0); /* there is one, even if it is empty */
    if (text->failed) {
        buffer_free(text);
        return reply_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "Too much for one page",
                            "The answer would be too long, or the machine is out of memory. Ask for less.");
    }
    struct MHD_Response *response = mhd.create_response_from_buffer(count, text->text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        buffer_free(text);
        return MHD_NO;
    }
    *text = (struct buffer){0};
    patience_give(request->client, ANSWER_MS + (int64_t)count / BYTES_A_MS, false);
    if (disposition)
        mhd.add_response_header(response, "Content-Disposition", disposition);
    return queue(request, status, type, response, false);
}

enum MHD_Result reply_page(struct request *request, unsigned status, struct buffer *page) {
    return send_text(request, status, "text/html; charset=utf-8", page, NULL);
}

enum MHD_Result reply_json(struct request *request, unsigned status, struct buffer *json) {
    return send_text(request, status, "application/json", json, NULL);
}

enum MHD_Result reply_file(struct request *request, const char *type, const char *file_name,
                           struct buffer *file) {
    char disposition[300];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", file_name);
    return send_text(request, MHD_HTTP_OK, type, file, disposition);
}

enum MHD_Result reply_asset(struct request *request, const char *type, const char *bytes, size_t count) {
    struct MHD_Response *response =
        mhd.create_response_from_buffer(count, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
    patience_give(request->client, ANSWER_MS, false);
    return queue(request, MHD_HTTP_OK, type, response, true);
}

enum MHD_Result reply_see(struct request *request, const char *path) {
    struct MHD_Response *response = mhd.create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response)
        mhd.add_response_header(response, "Location", path);
    patience_give(request->client, ANSWER_MS, false);
    return queue(request, MHD_HTTP_SEE_OTHER, NULL, response, false);
}

enum MHD_Result reply_refuse(struct request *request, unsigned status, const char *what, const char *text) {
    struct buffer page = {0};
    if (strncmp(request->path, "/api/", 5) == 0) { /* also where there is nothing */
        json_add(&page, "{\"error\":{\"status\":%u,\"text\":%s}}\n", status, text);
        return reply_json(request, status, &page);
    }
    page_begin(&page, request, what, NULL);
    html_add(&page, "<section class=\"card narrow\"><h1>%s</h1><p>%s</p>", what, text);
    if (request->known)
        html_add(&page, "<p><a href=\"/\">New order</a></p>");
    html_add(&page, "</section>");
    page_end(&page, request);
    return page.failed ? MHD_NO : reply_page(request, status, &page);
}

unsigned reply_status(int32_t code) {
    switch (code) {
    case SLUICE_E_USAGE:
    case SLUICE_E_DATA:
    case SLUICE_E_PLUGIN:
    case SLUICE_E_CONFIG:
        return MHD_HTTP_BAD_REQUEST;
    case SLUICE_E_UNAVAILABLE:
    case SLUICE_E_BUSY:
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    default:
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
}

enum MHD_Result reply_failure(struct request *request, const sluice_error *error) {
    return reply_refuse(request, reply_status(error->code), "That didn't work", error->text);
}

/* Who sent it did nothing wrong when what keeps it is damaged. */
enum MHD_Result reply_not_taken(struct request *request, const sluice_error *error) {
    if (error->code == SLUICE_E_USAGE)
        return reply_refuse(request, MHD_HTTP_CONFLICT, "That name is taken", error->text);
    if (error->code == SLUICE_E_CONFIG)
        return reply_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "That didn't work", error->text);
    return reply_failure(request, error);
}

enum MHD_Result reply_stream(struct request *request, const char *type, const char *file_name,
                             MHD_ContentReaderCallback read, void *user,
                             MHD_ContentReaderFreeCallback release) {
    char disposition[300];
    struct MHD_Response *response =
        mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE, read, user, release);
    if (!response) {
        release(user);
        return MHD_NO;
    }
    if (file_name) {
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", file_name);
        mhd.add_response_header(response, "Content-Disposition", disposition);
    }
    patience_give(request->client, 0, false);
    return queue(request, MHD_HTTP_OK, type, response, false);
}
