/* plugin.c - the sink @name@: each record becomes a file of its own, with a line for each field.
 *
 * Put what your sink writes in place of write_record(), and keep its promise: the same record, written again,
 * is there once. The rest stays. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sluice/plugin.h>
#include <sluice/text.h>

enum { KEY_MOST = 100, PATH_ROOM = 1024 };

/* The options, as the core fills them in. */
struct settings {
    sluice_text folder;
    sluice_text key;
};

struct sink {
    const sluice_host *host;
    const struct settings *settings;
    char folder[PATH_ROOM - KEY_MOST - 20];
};

static const sluice_option options[] = {
    SLUICE_OPT_TEXT(struct settings, folder, "folder", SLUICE_REQUIRED, NULL, "where the files are written",
                    "records"),
    SLUICE_OPT_TEXT(struct settings, key, "key", 0, "imei", "the field that names a record's file",
                    "order_id"),
};

/* No network, no file, no thread: `sluice lint` calls it, too. */
static int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    const struct settings *settings = config;
    struct sink *sink = calloc(1, sizeof *sink);
    (void)self;
    if (!sink)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    sink->host = host;
    sink->settings = settings; /* it lives until close */
    if (settings->folder.len >= sizeof sink->folder) {
        free(sink);
        return host->fail(error, SLUICE_E_CONFIG, "the folder's name is too long");
    }
    memcpy(sink->folder, settings->folder.ptr, settings->folder.len);
    *instance = sink;
    return SLUICE_OK;
}

static void sink_close(void *instance) {
    free(instance);
}

/* Before anything is paid: writing will work. */
static int32_t probe(void *instance, sluice_error *error) {
    const struct sink *sink = instance;
    if ((mkdir(sink->folder, 0777) == 0 || errno == EEXIST) && access(sink->folder, W_OK | X_OK) == 0)
        return SLUICE_OK;
    return sink->host->fail(error, SLUICE_E_CANTCREAT, "%s: %s", sink->folder, strerror(errno));
}

/* A file's name: nothing that leads out of the folder. */
static bool is_key(sluice_text key) {
    for (uint64_t i = 0; i < key.len; i++)
        if (!text_is_digit(key.ptr[i]) && !(text_lower(key.ptr[i]) >= 'a' && text_lower(key.ptr[i]) <= 'z') &&
            key.ptr[i] != '-' && key.ptr[i] != '_')
            return false;
    return key.len > 0 && key.len <= KEY_MOST;
}

static void write_fields(FILE *file, const sluice_batch *batch, uint32_t row) {
    for (uint32_t column = 0; column < batch->column_count; column++) {
        sluice_text value = batch->cells[column][row];
        fprintf(file, "%.*s: ", TEXT_ARG(batch->names[column]));
        fwrite(value.len ? value.ptr : "", 1, value.len, file);
        fputc('\n', file);
    }
}

/* Under another name first: whoever looks never sees half a file, and a crash leaves none. */
static int32_t write_record(const struct sink *sink, const sluice_batch *batch, uint32_t row, sluice_text key,
                            sluice_error *error) {
    char path[PATH_ROOM], aside[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%.*s.txt", sink->folder, TEXT_ARG(key));
    snprintf(aside, sizeof aside, "%s/.%.*s.new", sink->folder, TEXT_ARG(key));
    FILE *file = fopen(aside, "we");
    if (!file)
        return sink->host->fail(error, SLUICE_E_IO, "%s: %s", aside, strerror(errno));
    write_fields(file, batch, row);
    bool written = fflush(file) == 0 && !ferror(file) && fdatasync(fileno(file)) == 0;
    if (fclose(file) == 0 && written && rename(aside, path) == 0)
        return SLUICE_OK;
    return sink->host->fail(error, SLUICE_E_IO, "%s: can't be written: %s", path, strerror(errno));
}

static int32_t write_batch(void *instance, const sluice_batch *batch, sluice_changes *out,
                           sluice_error *error) {
    const struct sink *sink = instance;
    sluice_text name = sink->settings->key;
    int32_t failed = SLUICE_OK, column = sluice_find_column(batch, name.ptr, name.len);
    for (uint32_t i = 0; i < batch->selected && !failed; i++) {
        uint32_t row = sluice_selected(batch, i);
        sluice_text key = column < 0 ? text_none() : text_trim(batch->cells[column][row]);
        if (is_key(key))
            failed = write_record(sink, batch, row, key, error);
        else
            sink->host->reject(out, row, "no_key", TEXT("the key is empty, or no name for a file"));
    }
    return failed;
}

/* On return all that was written is durable: the files are, and now their names. */
static int32_t commit(void *instance, sluice_error *error) {
    const struct sink *sink = instance;
    int fd = open(sink->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool kept = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return kept ? SLUICE_OK : sink->host->fail(error, SLUICE_E_IO, "%s: %s", sink->folder, strerror(why));
}

static const sluice_sink callbacks = {
    .size = sizeof callbacks, .probe = probe, .write = write_batch, .commit = commit};

static const sluice_component components[] = {{
    .size = sizeof(sluice_component),
    .kind = SLUICE_SINK,
    .name = "@name@", /* as the plugin: it is written `@name@:` in a pipeline, without a dot */
    .summary = "each record becomes a file of its own",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .option_stride = sizeof(sluice_option),
    .config_size = sizeof(struct settings),
    .open = sink_open,
    .close = sink_close,
    .sink = &callbacks,
}};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0, /* the oldest contract it can work with */
    .name = "@name@",
    .version = "0.1",
    .summary = "writes files",
    .components = components,
    .component_count = sizeof components / sizeof *components,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
