#include "request.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sluice/text.h>
#include <sluice/utf8.h>

struct request *request_new(struct form *form, struct MHD_Connection *connection, const char *method,
                            const char *path) {
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->form = form;
    request->connection = connection;
    request->client = info ? info->socket_context : NULL;
    request->method = method;
    request->path = path;
    return request;
}

void request_free(struct request *request) {
    if (!request)
        return;
    if (request->post)
        mhd.destroy_post_processor(request->post);
    buffer_free(&request->fields_text);
    buffer_free(&request->raw);
    buffer_free(&request->file);
    free(request);
}

/* ---- what stands in the head ------------------------------------------------------------------ */

static bool is_utf8(sluice_text text) {
    unsigned length;
    for (uint64_t at = 0; at < text.len; at += length) {
        length = utf8_sequence(text.ptr + at, text.len - at);
        if (!length || !text.ptr[at])
            return false;
    }
    return true;
}

sluice_text request_header(const struct request *request, const char *name) {
    return text_of(mhd.lookup_connection_value(request->connection, MHD_HEADER_KIND, name));
}

struct sought {
    const char *name;
    sluice_text found;
};

static enum MHD_Result on_parameter(void *user, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                    const char *value, size_t size) {
    struct sought *sought = user;
    (void)kind;
    if (!text_equal((sluice_text){key, key_size}, text_of(sought->name)))
        return MHD_YES;
    sought->found = (sluice_text){value ? value : "", value ? size : 0};
    return MHD_NO;
}

sluice_text request_parameter(const struct request *request, const char *name) {
    struct sought sought = {.name = name};
    mhd.get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, on_parameter, &sought);
    return is_utf8(sought.found) ? sought.found : (sluice_text){0};
}

struct others {
    const char *const *known;
    const char *found;
};

static enum MHD_Result on_other(void *user, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                const char *value, size_t size) {
    struct others *others = user;
    (void)kind, (void)key_size, (void)value, (void)size;
    for (size_t i = 0; others->known[i]; i++)
        if (strcmp(others->known[i], key) == 0)
            return MHD_YES;
    others->found = key;
    return MHD_NO;
}

const char *request_parameter_but(const struct request *request, const char *const *known) {
    struct others others = {.known = known};
    mhd.get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, on_other, &others);
    return others.found;
}

static enum MHD_Result on_text(void *user, enum MHD_ValueKind kind, const char *key, size_t key_size,
                               const char *value, size_t size) {
    bool *good = user;
    (void)kind;
    *good = is_utf8((sluice_text){key, key_size}) && (!value || is_utf8((sluice_text){value, size}));
    return *good ? MHD_YES : MHD_NO;
}

bool request_is_text(const struct request *request) {
    bool good = true;
    mhd.get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, on_text, &good);
    for (unsigned i = 0; good && i < request->field_count; i++) {
        const struct request_field *field = &request->fields[i];
        good = is_utf8((sluice_text){request->fields_text.text + field->begin, field->length});
    }
    return good;
}

sluice_text request_field(const struct request *request, const char *name) {
    for (unsigned i = 0; i < request->field_count; i++) {
        const struct request_field *field = &request->fields[i];
        sluice_text value = {request->fields_text.text + field->begin, field->length};
        if (strcmp(field->name, name) == 0)
            return is_utf8(value) ? value : (sluice_text){0};
    }
    return (sluice_text){0};
}

static enum MHD_Result on_forwarded(void *user, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                    const char *value, size_t size) {
    sluice_text *last = user;
    (void)kind, (void)key_size;
    if (strcasecmp(key, "X-Forwarded-For") == 0)
        *last = (sluice_text){value ? value : "", value ? size : 0};
    return MHD_YES;
}

/* A proxy appends whom it heard, some of them as a header of its own; what stands before that anybody can
 * have written. */
static sluice_text forwarded(const struct request *request) {
    sluice_text list = {0};
    mhd.get_connection_values_n(request->connection, MHD_HEADER_KIND, on_forwarded, &list);
    uint64_t from = list.len;
    while (from && list.ptr[from - 1] != ',')
        from--;
    return list.len ? text_trim((sluice_text){list.ptr + from, list.len - from}) : list;
}

sluice_text request_address(const struct request *request, char *room, size_t size) {
    sluice_text proxy = request->form->options->behind_proxy ? forwarded(request) : (sluice_text){0};
    if (proxy.len)
        return address_of_text(proxy, room, size);
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr)
        return TEXT("nobody");
    if (info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)info->client_addr;
        return address_of_network(&v6->sin6_addr, room, size);
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)info->client_addr;
    inet_ntop(AF_INET, &v4->sin_addr, room, (socklen_t)size);
    return text_of(room);
}

/* ---- the body --------------------------------------------------------------------------------- */

static struct request_field *add_field(struct request *request, const char *name) {
    if (request->field_count == REQUEST_FIELDS || strlen(name) >= REQUEST_NAME)
        return NULL;
    struct request_field *field = &request->fields[request->field_count++];
    snprintf(field->name, sizeof field->name, "%s", name);
    field->begin = request->fields_text.used;
    field->length = 0;
    return field;
}

/* Of a body that comes in small pieces libmicrohttpd says that a field begins before it has any of its value,
 * and then that it begins. */
static struct request_field *find_field(struct request *request, const char *name, uint64_t offset) {
    struct request_field *last = request->field_count ? &request->fields[request->field_count - 1] : NULL;
    if (last && (offset || !last->length) && strcmp(last->name, name) == 0)
        return last;
    return offset ? NULL : add_field(request, name);
}

/* Browsers send a part without a name and without bytes when no file was chosen. */
static void take_file(struct request *request, const char *name, const char *data, uint64_t offset,
                      size_t size) {
    if (!offset && *name) {
        request->many_files |= request->file.used > 0;
        request->has_file = true;
        snprintf(request->file_name, sizeof request->file_name, "%s", name);
    }
    if (*name)
        buffer_put(&request->file, data, size);
}

/* libmicrohttpd has found a piece of a field. */
static enum MHD_Result on_field(void *user, enum MHD_ValueKind kind, const char *key, const char *file_name,
                                const char *type, const char *transfer, const char *data, uint64_t offset,
                                size_t size) {
    struct request *request = user;
    (void)kind, (void)type, (void)transfer;
    if (!key) {
        request->broken = true;
        return MHD_YES;
    }
    if (file_name) {
        take_file(request, file_name, data, offset, size);
        return MHD_YES;
    }
    struct request_field *field = find_field(request, key, offset);
    if (!field) {
        request->broken = true;
        return MHD_YES;
    }
    buffer_put(&request->fields_text, data, size);
    field->length += size;
    return MHD_YES;
}

static bool is_form(sluice_text type) {
    static const char *const forms[] = {"multipart/form-data", "application/x-www-form-urlencoded"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t length = strlen(forms[i]);
        if (type.len >= length && strncasecmp(type.ptr, forms[i], length) == 0)
            return true;
    }
    return false;
}

bool request_take_body(struct request *request, uint64_t most) {
    enum { PIECE = 32 * 1024 };
    request->most = most;
    request->raw.most = request->file.most = request->fields_text.most = most + 1024;
    if (!is_form(request_header(request, "Content-Type")))
        return true;
    request->post = mhd.create_post_processor(request->connection, PIECE, on_field, request);
    request->broken = !request->post; /* multipart without a boundary */
    return true;
}

bool request_body(struct request *request, const char *data, size_t size) {
    request->received += size;
    request->too_much = request->received > request->most;
    if (request->too_much)
        return request->received - request->most <= REQUEST_DROPPED;
    if (request->broken)
        return true;
    if (!request->post)
        buffer_put(&request->raw, data, size);
    else if (mhd.post_process(request->post, data, size) != MHD_YES)
        request->broken = true;
    if (request->raw.failed || request->file.failed || request->fields_text.failed)
        request->broken = true;
    return true;
}
