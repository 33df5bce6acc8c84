#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd_new.h"
#include "command.h"
#include "descriptor.h"
#include "plugin_template.h"
#include "suggest.h"
#include "text.h"

enum { NAME_FITS = 32, PATH_ROOM = 200, KINDS = 4 };

static const char *const kinds[KINDS + 1] = {"provider", "source", "action", "sink", NULL};

/* A plugin's own name becomes that of a file, of options in the environment and of a C project. */
static int check_name(const char *name, sluice_error *error) {
    if (descriptor_good_name(name) && strlen(name) <= NAME_FITS)
        return 0;
    return fail(
        error, SLUICE_E_USAGE,
        "'%.60s' is no name for a plugin: a letter, then up to 31 letters, digits and '_'; write `sluice new "
        "plugin acme --kind provider`",
        name);
}

static int check_kind(const char *kind, sluice_error *error) {
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return 0;
    const char *close = suggest(text_of(kind), kinds, KINDS);
    return fail(error, SLUICE_E_USAGE,
                "there is no kind '%.40s' of plugin%s%s%s; write provider, source, action or sink", kind,
                close ? "; did you mean '" : "", close ? close : "", close ? "'?" : "");
}

static void put_name(FILE *out, const char *name, bool upper) {
    for (; *name; name++)
        fputc(upper ? toupper((unsigned char)*name) : *name, out);
}

static void put_text(FILE *out, const struct plugin_template *file, const char *name) {
    const char *at = file->text, *end = file->text + file->length;
    while (at < end) {
        const char *mark = memchr(at, '@', (size_t)(end - at));
        bool named = mark && end - mark >= 6 && memcmp(mark, "@name@", 6) == 0;
        bool upper = mark && end - mark >= 6 && memcmp(mark, "@NAME@", 6) == 0;
        const char *stop = mark ? mark + !(named || upper) : end;
        fwrite(at, 1, (size_t)(stop - at), out);
        if (named || upper)
            put_name(out, name, upper);
        at = named || upper ? mark + 6 : stop;
    }
}

static int write_file(const struct plugin_template *file, const char *name, sluice_error *error) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", name, file->path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->program ? 0777 : 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return fail(error, SLUICE_E_CANTCREAT, "%s: %s", path, strerror(why));
    }
    put_text(out, file, name);
    bool written = !ferror(out);
    if (fclose(out) == 0 && written)
        return 0;
    return fail(error, SLUICE_E_IO, "%s: can't be written: %s", path, strerror(errno));
}

static int make_folder(const char *path, sluice_error *error) {
    if (mkdir(path, 0777) == 0)
        return 0;
    return fail(error, SLUICE_E_CANTCREAT, "%s: %s%s", path, strerror(errno),
                errno == EEXIST ? "; take another name, or remove it" : "");
}

int new_plugin(struct program *program, const char *name, const char *kind) {
    char tests[PATH_ROOM];
    int failed = check_name(name, &program->error);
    if (!failed)
        failed = check_kind(kind, &program->error);
    if (!failed)
        failed = make_folder(name, &program->error);
    snprintf(tests, sizeof tests, "%s/tests", name);
    if (!failed)
        failed = make_folder(tests, &program->error);
    for (size_t i = 0; !failed && i < plugin_template_count; i++)
        if (strcmp(plugin_templates[i].kind, kind) == 0)
            failed = write_file(&plugin_templates[i], name, &program->error);
    if (!failed && !program->quiet)
        printf("%s is a plugin that works: `cd %s && meson setup build && meson test -C build`, then read "
               "README.md\n",
               name, name);
    return failed;
}
