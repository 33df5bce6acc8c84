#include "template.h"

#include <stdlib.h>

#include <sluice/json.h>
#include <sluice/text.h>

enum { PARTS_MOST = 200, NAME_MOST = 64 };

/* ---- reading ------------------------------------------------------------------------------- */

static bool is_name(sluice_text name) {
    for (uint64_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == '{' || name.ptr[i] == '}' ||
            name.ptr[i] == '"' || name.ptr[i] == 0x7f)
            return false;
    return name.len && name.len <= NAME_MOST;
}

/* Over a piece of JSON: is what comes behind it inside of a string? False: it ends in a backslash. */
static bool follow_json(sluice_text piece, bool *inside) {
    for (uint64_t i = 0; i < piece.len; i++) {
        if (*inside && piece.ptr[i] == '\\') {
            if (++i == piece.len)
                return false;
        } else if (piece.ptr[i] == '"') {
            *inside = !*inside;
        }
    }
    return true;
}

/* Where the secret may stand: the core puts it in there and escapes it. */
static const char *check_secret(const struct template *template) {
    for (uint32_t i = 0; i < template->count; i++) {
        if (template->parts[i].kind != PART_SECRET)
            continue;
        if (template->place == TEMPLATE_URL)
            return "has a secret in the address, which is shown in messages; write it under 'query' or "
                   "'headers'";
        if (template->place == TEMPLATE_VALUE && template->count > 1)
            return "has more than the secret, which must be the whole value of a parameter";
        if (template->place == TEMPLATE_HEADER && (i + 1 < template->count || template_has_fields(template)))
            return "must end with the secret, and have no other name in it";
        if (template->place == TEMPLATE_JSON && template->parts[i].bare)
            return "has a secret outside of quotes";
    }
    return NULL;
}

static const char *read_name(struct template *out, const char **at, const char *end, bool bare) {
    const char *close = memmem(*at, (size_t)(end - *at), "}}", 2);
    if (!close)
        return "has {{ without }}";
    sluice_text name = text_trim((sluice_text){*at, (uint64_t)(close - *at)});
    if (!is_name(name))
        return "has a name in {{ }} that is none; write {{imei}}";
    bool secret = text_is(name, "api_key") || text_is(name, "password");
    out->parts[out->count++] = (struct part){secret ? PART_SECRET : PART_FIELD, bare, name};
    *at = close + 2;
    return NULL;
}

static const char *read_parts(struct template *out, const char *at, const char *end) {
    bool inside = false;
    while (at < end) {
        const char *open = memmem(at, (size_t)(end - at), "{{", 2), *wrong = NULL;
        sluice_text piece = {at, (uint64_t)((open ? open : end) - at)};
        if (out->count + 2 > PARTS_MOST)
            return "has too many names in it";
        if (out->place == TEMPLATE_JSON && !follow_json(piece, &inside))
            return "has a backslash before {{";
        if (piece.len)
            out->parts[out->count++] = (struct part){PART_TEXT, false, piece};
        at = open ? open + 2 : end;
        if (open && (wrong = read_name(out, &at, end, !inside)))
            return wrong;
    }
    return NULL;
}

/* With something in the place of each name it must be JSON. */
static const char *check_json(const struct template *template) {
    struct buffer text = {0};
    for (uint32_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        buffer_add(&text, part->kind == PART_TEXT ? part->text : part->bare ? TEXT("null") : TEXT("x"));
    }
    sluice_text all = text_trim((sluice_text){text.text, text.length});
    bool whole = all.len && json_whole(all, all.ptr[0]).ptr && !text.failed;
    buffer_free(&text);
    return whole ? NULL : "isn't JSON; a form goes under 'form'";
}

const char *template_read(struct template *out, sluice_text text, enum template_place place) {
    *out = (struct template){.place = place, .parts = calloc(PARTS_MOST, sizeof *out->parts)};
    if (!out->parts)
        return "can't be read: out of memory";
    const char *wrong = text.len ? read_parts(out, text.ptr, text.ptr + text.len) : NULL;
    if (!wrong)
        wrong = check_secret(out);
    if (!wrong && place == TEMPLATE_JSON)
        wrong = check_json(out);
    struct part *fewer = realloc(out->parts, (out->count + 1) * sizeof *out->parts);
    out->parts = fewer ? fewer : out->parts;
    if (wrong)
        template_free(out);
    return wrong;
}

void template_free(struct template *template) {
    free(template->parts);
    *template = (struct template){0};
}

/* ---- asking -------------------------------------------------------------------------------- */

bool template_has_fields(const struct template *template) {
    for (uint32_t i = 0; i < template->count; i++)
        if (template->parts[i].kind == PART_FIELD)
            return true;
    return false;
}

sluice_text template_secret(const struct template *template) {
    const struct part *last = template->count ? &template->parts[template->count - 1] : NULL;
    return last && last->kind == PART_SECRET ? last->text : (sluice_text){NULL, 0};
}

sluice_secret template_secret_named(const struct template_secrets *secrets, sluice_text name) {
    return text_is(name, "password") ? secrets->password : secrets->api_key;
}

bool template_names(const struct template *template, const char *name) {
    for (uint32_t i = 0; i < template->count; i++)
        if (template->parts[i].kind == PART_FIELD && text_is(template->parts[i].text, name))
            return true;
    return false;
}

bool template_is_empty(const struct template *template, const struct scope *scope) {
    for (uint32_t i = 0; i < template->count; i++)
        if (template->parts[i].kind != PART_FIELD || scope_value(scope, template->parts[i].text).len)
            return false;
    return template->count > 0;
}

/* ---- values -------------------------------------------------------------------------------- */

static bool has_control(sluice_text value) {
    for (uint64_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
            return true;
    return false;
}

/* A number, true, false or null, as JSON writes it: 007 is none. */
static bool is_bare_value(sluice_text value) {
    if (!value.len)
        return true;
    const char *at = value.ptr + (value.ptr[0] == '-'), *end = value.ptr + value.len;
    if (end - at > 1 && *at == '0' && text_is_digit(at[1]))
        return false;
    return !memchr("{[\"", value.ptr[0], 3) && json_skip_value(value.ptr, end) == end;
}

static const char *check_value(const struct part *part, enum template_place place, sluice_text value) {
    switch (place) {
    case TEMPLATE_URL:
        return !value.len || text_is(value, ".") || text_is(value, "..") ? "is empty, or no part of a path"
                                                                         : NULL;
    case TEMPLATE_HEADER:
        return has_control(value) ? "has a control character, which no header can have" : NULL;
    case TEMPLATE_JSON:
        return part->bare && !is_bare_value(value) ? "is no number, and its place in the body has no quotes"
                                                   : NULL;
    default:
        return NULL;
    }
}

const char *template_check(const struct template *template, const struct scope *scope, sluice_text *name) {
    for (uint32_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        const char *wrong = part->kind == PART_FIELD
                                ? check_value(part, template->place, scope_value(scope, part->text))
                                : NULL;
        *name = part->text;
        if (wrong)
            return wrong;
    }
    return NULL;
}

static void encode(struct buffer *out, sluice_text value) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (uint64_t i = 0; i < value.len; i++) {
        if (memchr(plain, value.ptr[i], sizeof plain - 1))
            buffer_add(out, (sluice_text){value.ptr + i, 1});
        else
            buffer_format(out, "%%%02X", (unsigned char)value.ptr[i]);
    }
}

void template_write(const struct template *template, const struct scope *scope, struct buffer *out) {
    for (uint32_t i = 0; i < template->count && template->parts[i].kind != PART_SECRET; i++) {
        const struct part *part = &template->parts[i];
        if (part->kind == PART_TEXT)
            buffer_add(out, part->text);
        else if (template->place == TEMPLATE_URL)
            encode(out, scope_value(scope, part->text));
        else
            buffer_add(out, scope_value(scope, part->text));
    }
}

void template_send(const struct template *template, const struct scope *scope, const sluice_host *host,
                   const struct template_secrets *secrets, sluice_request *request) {
    for (uint32_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        sluice_text value = part->kind == PART_FIELD ? scope_value(scope, part->text) : part->text;
        if (part->kind == PART_SECRET)
            host->request_secret(request, template_secret_named(secrets, part->text), SLUICE_ENCODE_JSON);
        else if (part->kind == PART_TEXT || part->bare)
            host->request_text(request, value.len ? value : TEXT("null"), SLUICE_ENCODE_RAW);
        else
            host->request_text(request, value, SLUICE_ENCODE_JSON);
    }
}
