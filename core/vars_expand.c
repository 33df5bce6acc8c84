#include <string.h>

#include "text.h"
#include "utf8.h"
#include "vars.h"

/* A text that grows while it is expanded. `${A}${A}…` of a large value must end somewhere. */
struct growing {
    sluice_arena *arena;
    char *bytes;
    size_t length, room;
};

enum { EXPANDED_MOST = 1024 * 1024 };

/* NULL, or why it can't be done. */
static const char *append(struct growing *out, sluice_text piece) {
    if (piece.len > EXPANDED_MOST - out->length)
        return "the text grows beyond 1 MiB";
    if (out->length + piece.len > out->room) {
        size_t room = (out->length + piece.len) * 2 + 64;
        char *bytes = arena_alloc(out->arena, room);
        if (!bytes)
            return "out of memory";
        if (out->length)
            memcpy(bytes, out->bytes, out->length);
        out->bytes = bytes;
        out->room = room;
    }
    if (piece.len)
        memcpy(out->bytes + out->length, piece.ptr, piece.len);
    out->length += piece.len;
    return NULL;
}

/* "${NAME}", "${NAME:-default}" or "${NAME:?message}", taken apart. */
struct reference {
    sluice_text name;
    char kind;         /* 0, '-' or '?' */
    sluice_text other; /* the default or the message */
    uint64_t length;   /* of all of it */
};

static enum vars_result syntax(struct vars_problem *problem, const char *message) {
    problem->message = text_of(message);
    return VARS_SYNTAX;
}

/* `text` begins with "${". */
static enum vars_result read_reference(sluice_text text, struct reference *out,
                                       struct vars_problem *problem) {
    const char *end = memchr(text.ptr, '}', text.len);
    if (!end)
        return syntax(problem, "'${' has no closing '}'; write $$ for a dollar sign");
    sluice_text inner = {text.ptr + 2, (uint64_t)(end - text.ptr) - 2};
    uint64_t n = vars_name_length(inner);
    *out = (struct reference){.name = {inner.ptr, n}, .length = inner.len + 3};
    if (memmem(inner.ptr, inner.len, "${", 2))
        return syntax(problem, "a ${…} can't stand inside another; put the inner one under 'vars:'");
    if (n == 0)
        return syntax(problem, "a variable's name has letters, digits and '_', and no digit first: ${NAME}");
    if (n == inner.len)
        return VARS_OK;
    if (inner.len < n + 2 || inner.ptr[n] != ':' || !strchr("-?", inner.ptr[n + 1]))
        return syntax(problem, "write ${NAME}, ${NAME:-default} or ${NAME:?message}");
    out->kind = inner.ptr[n + 1];
    out->other = (sluice_text){inner.ptr + n + 2, inner.len - n - 2};
    return VARS_OK;
}

static enum vars_result look_up(const struct vars *vars, const struct reference *reference,
                                sluice_text *value, struct vars_problem *problem) {
    char name[256];
    problem->name = reference->name;
    if (reference->name.len >= sizeof name)
        return syntax(problem, "the variable's name is longer than 255 characters");
    memcpy(name, reference->name.ptr, reference->name.len);
    name[reference->name.len] = 0;
    const char *found = vars_get(vars, name);
    if (!found && vars->secret && reference->kind != '-' && vars_secret_name(reference->name))
        found = vars->secret;
    *value = found ? text_of(found) : reference->other;
    if (found && !utf8_valid(*value))
        return syntax(problem, "the variable's value isn't UTF-8");
    if (found || reference->kind == '-')
        return VARS_OK;
    problem->message = reference->other;
    return reference->kind == '?' ? VARS_REQUIRED : VARS_UNDEFINED;
}

enum vars_result vars_expand(const struct vars *vars, sluice_arena *arena, sluice_text text, sluice_text *out,
                             struct vars_problem *problem) {
    struct growing grown = {.arena = arena};
    *problem = (struct vars_problem){0};
    *out = text;
    if (!text.ptr || !memchr(text.ptr, '$', text.len))
        return VARS_OK;
    for (uint64_t at = 0; at < text.len;) {
        sluice_text rest = {text.ptr + at, text.len - at}, piece = {rest.ptr, 1};
        const char *dollar = memchr(rest.ptr, '$', rest.len);
        uint64_t step = dollar ? (uint64_t)(dollar - rest.ptr) : rest.len;
        problem->offset = at;
        if (step > 0) {
            piece.len = step;
        } else if (rest.len > 1 && rest.ptr[1] == '$') {
            step = 2;
        } else if (rest.len > 1 && rest.ptr[1] == '{') {
            struct reference reference;
            enum vars_result result = read_reference(rest, &reference, problem);
            if (result == VARS_OK)
                result = look_up(vars, &reference, &piece, problem);
            if (result != VARS_OK)
                return result;
            step = reference.length;
        } else {
            step = 1; /* a lone dollar is one: "$0.08" */
        }
        const char *wrong = append(&grown, piece);
        if (wrong)
            return syntax(problem, wrong);
        at += step;
    }
    *out = (sluice_text){grown.bytes ? grown.bytes : "", grown.length};
    return VARS_OK;
}
