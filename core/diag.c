#include "diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"
#include "text.h"
#include "utf8.h"

enum {
    LINE_MOST = 160,  /* characters of a source line that are shown */
    TEXT_MOST = 2000, /* bytes of a message */
};

void diag_source(struct diag *diag, const char *file, sluice_text text) {
    struct diag_source *source = arena_alloc(&diag->arena, sizeof *source);
    const char *name = arena_string(&diag->arena, file);
    if (!source || !name)
        return; /* messages come without their lines then */
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
        text = (sluice_text){text.ptr + 3, text.len - 3}; /* a byte order mark is no character of line 1 */
    *source = (struct diag_source){diag->sources, name, arena_copy(&diag->arena, text)};
    diag->sources = source;
}

/* The name of a file as a string that lives as long as the diag: marks may come from shorter lives. */
static const char *own_name(struct diag *diag, const char *file) {
    for (const struct diag_source *source = diag->sources; source && file; source = source->next)
        if (strcmp(source->file, file) == 0)
            return source->file;
    const char *copy = file ? arena_string(&diag->arena, file) : NULL;
    return copy ? copy : "";
}

static bool make_room(struct diag *diag) {
    if (diag->count < diag->room)
        return true;
    size_t room = diag->room ? diag->room * 2 : 8;
    struct diag_entry *entries = arena_array(&diag->arena, room, sizeof *entries);
    if (!entries)
        return false;
    if (diag->count)
        memcpy(entries, diag->entries, diag->count * sizeof *entries);
    diag->entries = entries;
    diag->room = room;
    return true;
}

/* When as many are kept as will be, an error still takes the place of what isn't one. NULL: only counted. */
static struct diag_entry *find_room(struct diag *diag, enum diag_level level) {
    if (diag->count < DIAG_MOST)
        return make_room(diag) ? &diag->entries[diag->count++] : NULL;
    for (size_t i = diag->count; level == DIAG_ERROR && i-- > 0;)
        if (diag->entries[i].level != DIAG_ERROR)
            return &diag->entries[i];
    return NULL;
}

void diag_add(struct diag *diag, enum diag_level level, struct mark at, const char *format, ...) {
    char text[TEXT_MOST];
    va_list arguments;
    size_t *counts[] = {&diag->errors, &diag->warnings, &diag->notes};
    ++*counts[level];
    if (level == DIAG_ERROR && diag->exit_code == 0)
        diag->exit_code = -SLUICE_E_CONFIG;
    struct diag_entry *entry = find_room(diag, level);
    if (!entry)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text[utf8_flatten(text, strlen(text))] = 0;
    const char *copy = arena_string(&diag->arena, text);
    at.file = own_name(diag, at.file);
    *entry = (struct diag_entry){level, at, copy ? copy : "out of memory"};
}

void diag_free(struct diag *diag) {
    arena_free(&diag->arena);
    *diag = (struct diag){0};
}

/* ---- what is shown ---------------------------------------------------------------------------- */

static bool word_ends_in_secret(const char *start, const char *end) {
    static const char *const words[] = {"key", "token", "password", "passwd", "secret"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - start) >= n && strncasecmp(end - n, words[i], n) == 0)
            return true;
    }
    return false;
}

/* Make [from, to) of a line three stars. */
static void strike(char *from, char *to) {
    size_t stars = to - from < 3 ? (size_t)(to - from) : 3;
    memset(from, '*', stars);
    memmove(from + stars, to, strlen(to) + 1);
}

/* A secret that was never bound - the line is wrong, after all - still has a key that says what it is:
 * `api_key: VALUE`. And a URI may have a password in it. A ${NAME} is shown. */
static void strike_secrets(char *line) {
    for (char *colon = line; (colon = strchr(colon, ':')); colon++) {
        char *key = colon;
        while (key > line && (isalnum((unsigned char)key[-1]) || key[-1] == '_'))
            key--;
        char *value = colon + 1 + strspn(colon + 1, " \"'");
        if (!word_ends_in_secret(key, colon) || value == colon + 1 || strncmp(value, "${", 2) == 0)
            continue;
        char quote = value[-1];
        size_t n = quote == '"'    ? strcspn(value, "\"")
                   : quote == '\'' ? strcspn(value, "'")
                                   : strcspn(value, " ,}");
        strike(value, value + n);
    }
    for (char *scheme = line; (scheme = strstr(scheme, "://")); scheme += 3) {
        char *at = memchr(scheme + 3, '@', strcspn(scheme + 3, " \"'/"));
        char *colon = at ? memchr(scheme + 3, ':', (size_t)(at - scheme) - 3) : NULL;
        if (colon)
            strike(colon + 1, at);
    }
}

/* The first bytes of a text as they may be seen; freed by the caller. NULL: out of memory. */
static char *copy_shown(const char *text, size_t length, bool is_line) {
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    length = utf8_flatten(copy, length);
    copy[length] = 0;
    copy[secret_redact(copy, length)] = 0;
    if (is_line)
        strike_secrets(copy);
    return copy;
}

/* How many characters the first bytes of a line become when its secrets are struck out. */
static size_t shown_length(const char *line, size_t bytes) {
    char *shown = copy_shown(line, bytes, true);
    size_t length = shown ? utf8_length(text_of(shown)) : bytes;
    free(shown);
    return length;
}

/* Bytes of the first `count` characters. */
static size_t bytes_of(const char *text, size_t count) {
    size_t i = 0;
    while (text[i] && (((unsigned char)text[i] & 0xc0) == 0x80 || count-- > 0))
        i++;
    return i;
}

/* `line` is flattened. A long one is shown from a little before the mark. */
static void print_line(FILE *out, const char *line, const struct mark *at, const char *caret,
                       const char *plain) {
    char *shown = copy_shown(line, strlen(line), true);
    if (!shown)
        return;
    size_t before = shown_length(line, bytes_of(line, at->column - 1));
    size_t behind = shown_length(line, bytes_of(line, at->column - 1 + at->width));
    size_t skip =
        utf8_length(text_of(shown)) > LINE_MOST && before > LINE_MOST / 2 ? before - LINE_MOST / 2 : 0;
    const char *start = shown + bytes_of(shown, skip);
    size_t length = bytes_of(start, LINE_MOST);
    size_t width = behind > before ? behind - before : 1;
    if (width > LINE_MOST + skip - before)
        width = LINE_MOST + skip - before;
    fprintf(out, "%5u | %.*s\n      | %*s%s^", at->line, (int)length, start, (int)(before - skip), "", caret);
    for (size_t i = 1; i < width; i++)
        fputc('~', out);
    fprintf(out, "%s\n", plain);
    free(shown);
}

/* The line that a mark is in, fit to be shown; freed by the caller. NULL: there is nothing to see. */
static char *find_line(const struct diag *diag, const struct mark *at) {
    const struct diag_source *source = diag->sources;
    while (source && strcmp(source->file, at->file) != 0)
        source = source->next;
    sluice_text line = source && at->line ? utf8_line(source->text, at->line) : (sluice_text){NULL, 0};
    char *flat = line.len ? malloc(line.len + 1) : NULL;
    if (!flat)
        return NULL;
    memcpy(flat, line.ptr, line.len);
    flat[utf8_flatten(flat, line.len)] = 0;
    return flat;
}

static void print_entry(const struct diag *diag, const struct diag_entry *entry, FILE *out, bool color) {
    static const char *const names[] = {"error", "warning", "note"};
    static const char *const colors[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
    const char *tint = color ? colors[entry->level] : "", *plain = color ? "\033[0m" : "";
    const struct mark *at = &entry->at;
    char *text = copy_shown(entry->text, strlen(entry->text), false), *line = find_line(diag, at);
    if (at->line)
        fprintf(out, "%s:%u:%u: ", at->file, at->line, at->column);
    else
        fprintf(out, "%s: ", at->file);
    fprintf(out, "%s%s:%s %s\n", tint, names[entry->level], plain, text ? text : "out of memory");
    if (line)
        print_line(out, line, at, tint, plain);
    free(text);
    free(line);
}

static int compare_entries(const void *a, const void *b) {
    const struct diag_entry *x = *(const struct diag_entry *const *)a,
                            *y = *(const struct diag_entry *const *)b;
    int files = strcmp(x->at.file, y->at.file);
    if (files != 0)
        return files;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    return x < y ? -1 : x > y; /* as they were found */
}

void diag_print(const struct diag *diag, FILE *out, const struct diag_look *look) {
    const struct diag_entry *order[DIAG_MOST];
    size_t count = 0, all = diag->errors + (look->errors_only ? 0 : diag->warnings + diag->notes);
    for (size_t i = 0; i < diag->count; i++)
        if (!look->errors_only || diag->entries[i].level == DIAG_ERROR)
            order[count++] = &diag->entries[i];
    qsort(order, count, sizeof *order, compare_entries);
    for (size_t i = 0; i < count; i++)
        print_entry(diag, order[i], out, look->color);
    if (all > count)
        fprintf(out, "sluice: %zu more of these aren't shown\n", all - count);
}
