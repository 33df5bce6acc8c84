#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delimiter.h"
#include "reader.h"

static const char *const header_choices[] = {"auto", "yes", "no", NULL};

const sluice_option source_options[4] = {
    SLUICE_OPT_TEXT(struct source_config, path, "path", SLUICE_REQUIRED, NULL,
                    "The file to read; - is standard input.", "imeis.csv"),
    SLUICE_OPT_PAIRS(
        struct source_config, columns, "columns", 0,
        "Fields and the headers that mean them, matched without case, spaces, dots, underscores and "
        "dashes; in a file without a header column1, column2 … are the headers.",
        "{imei: [Device, Serial], service_id: [Package]}"),
    SLUICE_OPT_CHOICE(struct source_config, delimiter, "delimiter", 0, "auto", delimiter_choices,
                      "What stands between cells; auto looks at the first rows."),
    SLUICE_OPT_CHOICE(
        struct source_config, header, "header", 0, "auto", header_choices,
        "Whether the first row names the columns; auto: it does unless it holds an identifier."),
};

struct source {
    const sluice_host *host;
    sluice_text path;
    int64_t size; /* of a regular file; -1: unknown */
    struct reader reader;
    char name[]; /* the path, terminated, for messages */
};

static bool is_stdin(sluice_text path) {
    return path.len == 1 && path.ptr[0] == '-';
}

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error) {
    const struct source_config *options = config;
    sluice_text name = is_stdin(options->path) ? (sluice_text){"standard input", 14} : options->path;
    int32_t fd = -1;
    int32_t rc = host->open_input(self, options->path, &fd, error);
    if (rc < 0)
        return rc;
    struct source *source = calloc(1, sizeof *source + name.len + 1);
    if (!source) {
        close(fd);
        return host->fail(error, SLUICE_E_IO, "out of memory");
    }
    struct stat file;
    source->host = host;
    source->path = options->path;
    source->size = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) ? file.st_size : -1;
    memcpy(source->name, name.ptr, name.len);
    reader_init(&source->reader, host, self, source->name, fd);
    source->reader.rows.feed.most = source->size > 0 ? (uint64_t)source->size : 0;
    source->reader.columns = options->columns;
    source->reader.header = options->header;
    source->reader.delimiter = delimiter_of(options->delimiter);
    *instance = source;
    return 0;
}

void source_close(void *instance) {
    struct source *source = instance;
    close(source->reader.rows.feed.fd);
    reader_free(&source->reader);
    free(source);
}

static int32_t source_read(void *instance, sluice_filling *out, sluice_error *error) {
    struct source *source = instance;
    /* A batch may outlive this instance. */
    char *path = source->host->alloc(out->arena, source->path.len + 1);
    if (!path)
        return source->host->fail(error, SLUICE_E_IO, "out of memory");
    memcpy(path, source->path.ptr, source->path.len);
    out->file = (sluice_text){path, source->path.len};
    return reader_read(&source->reader, out, error);
}

/* As many as there are if the rest of the file has rows of the same length. */
static int64_t source_remaining(void *instance) {
    const struct source *source = instance;
    const struct rows *rows = &source->reader.rows;
    if (source->reader.ended)
        return 0;
    if (source->size < 0 || !rows->number)
        return -1;
    int64_t average = (int64_t)(rows->feed.bytes / rows->number) + 1;
    int64_t unread = source->size - (int64_t)rows->feed.bytes;
    return ((unread > 0 ? unread : 0) + rows->carried) / average;
}

const sluice_source source_callbacks = {
    .size = sizeof source_callbacks,
    .read = source_read,
    .remaining = source_remaining,
};
