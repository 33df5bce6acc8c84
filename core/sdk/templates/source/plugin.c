/* plugin.c - the source @name@: each line of a text file is a record.
 *
 * Put what your source reads in place of next_line() and source_read(); the rest stays. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sluice/plugin.h>
#include <sluice/text.h>

/* The options, as the core fills them in. */
struct settings {
    sluice_text path;
    sluice_text field;
};

struct source {
    const sluice_host *host;
    sluice_self *self;
    const struct settings *settings;
    FILE *file; /* NULL: not opened yet */
    char *line; /* of getline */
    size_t room;
    uint64_t number; /* of the last line */
};

static const sluice_option options[] = {
    SLUICE_OPT_TEXT(struct settings, path, "path", SLUICE_REQUIRED, NULL,
                    "the file to read; - is standard input", "lines.txt"),
    SLUICE_OPT_TEXT(struct settings, field, "field", 0, "line", "the field that a line becomes", "imei"),
};

/* No network, no thread, no file but through host->open_input: `sluice lint` calls it, too. */
static int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                           sluice_error *error) {
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    source->host = host;
    source->self = self;
    source->settings = config; /* it lives until close */
    *instance = source;
    return SLUICE_OK;
}

static void source_close(void *instance) {
    struct source *source = instance;
    if (source->file)
        fclose(source->file);
    free(source->line);
    free(source);
}

static int32_t open_file(struct source *source, sluice_error *error) {
    int32_t fd, failed;
    if (source->file)
        return SLUICE_OK;
    failed = source->host->open_input(source->self, source->settings->path, &fd, error);
    if (failed)
        return failed;
    source->file = fdopen(fd, "r");
    return source->file ? SLUICE_OK : source->host->fail(error, SLUICE_E_IO, "%s", strerror(errno));
}

/* 0: there is one; SLUICE_END: there are no more. */
static int32_t next_line(struct source *source, sluice_arena *arena, sluice_text *out, sluice_error *error) {
    ssize_t length = getline(&source->line, &source->room, source->file);
    if (length < 0)
        return ferror(source->file)
                   ? source->host->fail(error, SLUICE_E_IO, "the file can't be read: %s", strerror(errno))
                   : SLUICE_END;
    sluice_text line = text_trim(text_view(source->line, (uint64_t)length));
    char *copy = source->host->alloc(arena, line.len + 1);
    if (!copy)
        return source->host->fail(error, SLUICE_E_IO, "out of memory");
    source->number++;
    *out = text_view(memcpy(copy, line.ptr, line.len), line.len);
    return SLUICE_OK;
}

/* Some rows, at most as many as the core wants; those that were read before a failure are kept. */
static int32_t source_read(void *instance, sluice_filling *out, sluice_error *error) {
    struct source *source = instance;
    uint64_t bytes = 0;
    int32_t answer = open_file(source, error);
    if (!answer)
        answer = source->host->columns(out, &source->settings->field, 1, error);
    while (!answer && out->row_count < out->row_limit && bytes < out->byte_limit) {
        sluice_text line;
        answer = next_line(source, out->arena, &line, error);
        if (answer || !line.len)
            continue;
        out->cells[0][out->row_count] = line;
        out->numbers[out->row_count] = source->number;
        out->row_count++;
        bytes += line.len;
    }
    return answer;
}

static const sluice_source callbacks = {.size = sizeof callbacks, .read = source_read};

static const sluice_component components[] = {{
    .size = sizeof(sluice_component),
    .kind = SLUICE_SOURCE,
    .flags = SLUICE_REREADS, /* opened again, it reads the same rows: a run that spends counts them first */
    .name = "@name@",        /* as the plugin: it is written `@name@:` in a pipeline, without a dot */
    .summary = "each line of a text file is a record",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .option_stride = sizeof(sluice_option),
    .config_size = sizeof(struct settings),
    .open = source_open,
    .close = source_close,
    .source = &callbacks,
}};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0, /* the oldest contract it can work with */
    .name = "@name@",
    .version = "0.1",
    .summary = "reads lines",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
