#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "log.h"
#include "text.h"
#include "utf8.h"
#include "vars.h"

enum { FILE_MOST = 1024 * 1024 };

struct reader {
    const char *path;
    sluice_text text;
    uint64_t at;
    unsigned line;
    sluice_error *error;
};

static bool over(const struct reader *in) {
    return in->at >= in->text.len;
}

static char peek(const struct reader *in) {
    return over(in) ? '\n' : in->text.ptr[in->at];
}

static char next(struct reader *in) {
    char c = peek(in);
    in->line += c == '\n' && !over(in);
    in->at++;
    return c;
}

static void skip_blanks(struct reader *in) {
    while (!over(in) && (peek(in) == ' ' || peek(in) == '\t' || peek(in) == '\r'))
        in->at++;
}

static void skip_line(struct reader *in) {
    while (!over(in) && next(in) != '\n')
        ;
}

static int wrong(const struct reader *in, unsigned line, const char *message) {
    return fail(in->error, SLUICE_E_CONFIG, "%s:%u: %s", in->path, line, message);
}

/* Behind the opening quote, to the one that closes it. In double quotes a backslash makes the next
 * character plain, and \n a new line. */
static int read_quoted(struct reader *in, char quote, char *out, size_t *length) {
    unsigned opened = in->line;
    while (!over(in)) {
        char c = next(in);
        if (c == quote)
            return 0;
        if (c == '\\' && quote == '"' && !over(in) && strchr("\"\\$`n", peek(in))) {
            c = next(in);
            c = c == 'n' ? '\n' : c;
        }
        out[(*length)++] = c;
    }
    return wrong(in, opened, "the quote that opens here isn't closed");
}

/* To the end of the line or a comment; blanks at the end don't count. */
static void read_plain(struct reader *in, char *out, size_t *length) {
    size_t kept = *length;
    while (!over(in) && peek(in) != '\n') {
        bool blank = peek(in) == ' ' || peek(in) == '\t' || peek(in) == '\r';
        if (peek(in) == '#' && *length > kept)
            break; /* a comment: a blank stands before it */
        out[(*length)++] = next(in);
        if (!blank)
            kept = *length;
    }
    *length = kept;
}

/* A value is never longer than what it is read from: `out` has room for the rest of the file. */
static int read_value(struct reader *in, char *out, size_t *length) {
    char quote = peek(in);
    *length = 0;
    if (over(in) || (quote != '"' && quote != '\'')) {
        read_plain(in, out, length);
        return 0;
    }
    next(in);
    int failed = read_quoted(in, quote, out, length);
    if (failed)
        return failed;
    skip_blanks(in);
    if (!over(in) && peek(in) != '\n' && peek(in) != '#')
        return wrong(in, in->line, "there is text behind the closing quote; put all of the value in quotes");
    return 0;
}

static sluice_text read_name(struct reader *in) {
    static const sluice_text export = {"export", 6};
    sluice_text rest = {in->text.ptr + in->at, in->text.len - in->at};
    if (rest.len > export.len && memcmp(rest.ptr, export.ptr, export.len) == 0 &&
        (rest.ptr[export.len] == ' ' || rest.ptr[export.len] == '\t')) {
        in->at += export.len;
        skip_blanks(in);
        rest = (sluice_text){in->text.ptr + in->at, in->text.len - in->at};
    }
    rest.len = vars_name_length(rest);
    in->at += rest.len;
    return rest;
}

static int read_line(struct reader *in, struct vars *vars, char *value) {
    size_t length;
    skip_blanks(in);
    if (over(in) || peek(in) == '\n' || peek(in) == '#') {
        skip_line(in);
        return 0;
    }
    unsigned line = in->line;
    sluice_text name = read_name(in);
    if (name.len == 0 || over(in) || peek(in) != '=')
        return wrong(in, line, "this isn't NAME=value; a comment begins with '#'");
    next(in);
    int failed = read_value(in, value, &length);
    if (failed)
        return failed;
    skip_line(in);
    if (name.len >= 7 && memcmp(name.ptr, "SLUICE_", 7) == 0) {
        log_line(SLUICE_LOG_WARN, NULL, "%s:%u: %.*s is ignored here; set it in the environment", in->path,
                 line, TEXT_ARG(name));
        return 0;
    }
    return vars_add(vars, &vars->file, name, (sluice_text){value, length}, in->error);
}

/* No such file, or a folder of that name (virtual environments of Python are called .env, too). */
static bool no_env_file(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0)
        return errno == ENOENT || errno == ENOTDIR;
    return S_ISDIR(about.st_mode);
}

int vars_read_file(struct vars *vars, const char *path, bool required, sluice_error *error) {
    struct reader in = {.path = path, .line = 1, .error = error};
    if (!required && no_env_file(path))
        return 0;
    int failed = file_read(path, FILE_MOST, &vars->arena, &in.text, error);
    if (failed)
        return fail_within(error, "%s", path);
    uint64_t valid = utf8_valid_prefix(in.text);
    const char *nul = memchr(in.text.ptr, 0, in.text.len);
    if (valid < in.text.len || nul)
        return fail(error, SLUICE_E_CONFIG, "%s isn't text in UTF-8; save it as UTF-8", path);
    if (in.text.len >= 3 && memcmp(in.text.ptr, "\xef\xbb\xbf", 3) == 0)
        in.at = 3;
    char *value = arena_alloc(&vars->arena, in.text.len + 1);
    if (!value)
        return fail_memory(error);
    while (!failed && !over(&in))
        failed = read_line(&in, vars, value);
    return failed;
}
