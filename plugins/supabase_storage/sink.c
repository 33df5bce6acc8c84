/* What the records make as a CSV file is collected in a temporary one, and is one object at the end of the
 * run: it replaces the one of that name, whole or not at all. */
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csv/delimiter.h>
#include <sluice/json.h>
#include <sluice/text.h>
#include <supabase/rest.h>
#include <supabase/rest_url.h>

#include "fault.h"

enum { SIGNED_FOR_S = 3600, OBJECT_MOST = 60 * 1024 * 1024 };

static const char keys[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-.',!*&$@=;:+?/()";

#define OF struct storage_config
const sluice_option storage_options[10] = {
    SLUICE_OPT_URL(OF, url, "url", 0, "${SUPABASE_URL}", "The address of the project.",
                   "https://REF.supabase.co"),
    SLUICE_OPT_SECRET(OF, key, "key", 0, "${SUPABASE_KEY}",
                      "The secret key or the service_role key of the project."),
    SLUICE_OPT_TEXT(OF, bucket, "bucket", 0, "batch-uploads", "The bucket; it must be there.", NULL),
    SLUICE_OPT_TEXT(OF, path, "path", SLUICE_REQUIRED, NULL, "The name of the object in it; it is replaced.",
                    "exports/completed.csv"),
    SLUICE_OPT_BOOL(
        OF, public, "public", 0, "false",
        "Print the address of an object in a public bucket; else one that is signed for an hour."),
    SLUICE_OPT_CHOICE(OF, csv.format, "format", 0, "plain", csv_formats, "As that of the sink csv."),
    SLUICE_OPT_PAIRS(OF, csv.columns, "columns", 0, "As those of the sink csv.",
                     "{order_id: Order, imei: IMEI}"),
    SLUICE_OPT_CHOICE(OF, csv.delimiter, "delimiter", 0, ",", delimiter_choices + 1,
                      "What stands between cells."),
    SLUICE_OPT_BOOL(OF, csv.excel, "excel", 0, "false", "As that of the sink csv."),
    SLUICE_OPT_BOOL(OF, csv.escape_formulas, "escape_formulas", 0, "false", "As that of the sink csv."),
};

struct storage {
    const sluice_host *host;
    sluice_self *self;
    const struct storage_config *config;
    struct rest rest;
    struct sink_config csv;
    void *file; /* the sink csv's instance */
    char directory[200], path[220], bucket[110];
    bool made; /* the directory is there */
};

/* ---- the file ------------------------------------------------------------------------------- */

/* Nobody else can have put something there: mkdir fails when there is. */
static int make_directory(struct storage *storage, sluice_error *error) {
    if (!storage->made && mkdir(storage->directory, 0700))
        return storage->host->fail(error, SLUICE_E_CANTCREAT, "%s: can't be created: %s", storage->directory,
                                   strerror(errno));
    storage->made = true;
    return 0;
}

static int32_t write_rows(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct storage *storage = instance;
    int failed = make_directory(storage, error);
    return failed ? failed : csv_sink_callbacks.write(storage->file, batch, out, error);
}

static int32_t commit(void *instance, sluice_error *error) {
    struct storage *storage = instance;
    return storage->made ? csv_sink_callbacks.commit(storage->file, error) : 0;
}

static int32_t finish(void *instance, sluice_error *error) {
    struct storage *storage = instance;
    int failed = make_directory(storage, error);
    return failed ? failed : csv_sink_callbacks.finish(storage->file, error);
}

/* All of it, into the request. */
static int add_file(struct storage *storage, sluice_request *request, sluice_error *error) {
    const sluice_host *host = storage->host;
    struct stat about;
    FILE *file = fopen(storage->path, "rb");
    if (!file || fstat(fileno(file), &about)) {
        int failed = host->fail(error, SLUICE_E_IO, "%s: can't be read: %s", storage->path, strerror(errno));
        if (file)
            fclose(file);
        return failed;
    }
    int failed =
        about.st_size > OBJECT_MOST
            ? host->fail(error, SLUICE_E_DATA, "the object would have %lld bytes; export less at a time",
                         (long long)about.st_size)
            : 0;
    size_t length = (size_t)about.st_size;
    char *bytes = failed ? NULL : malloc(length + 1);
    if (!failed && (!bytes || fread(bytes, 1, length, file) != length))
        failed = host->fail(error, SLUICE_E_IO, "%s: can't be read whole", storage->path);
    if (!failed)
        host->request_text(request, (sluice_text){bytes, length}, SLUICE_ENCODE_RAW);
    free(bytes);
    fclose(file);
    return failed;
}

/* ---- calls ---------------------------------------------------------------------------------- */

/* Each part of the path by itself. */
static void add_object(struct sql *url, const struct storage *storage) {
    sluice_text path = storage->config->path;
    rest_url_word(url, storage->bucket);
    sql_add(url, "/");
    for (uint64_t i = 0; i < path.len; i++)
        if (path.ptr[i] == '/')
            sql_add(url, "/");
        else
            rest_url_add(url, (sluice_text){path.ptr + i, 1});
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct storage *storage = instance;
    bool sign = text_is(call->cookie, "sign");
    char body[40];
    sql_clear(&storage->rest.path);
    sql_add(&storage->rest.path, sign ? "/storage/v1/object/sign/" : "/storage/v1/object/");
    add_object(&storage->rest.path, storage);
    int failed = rest_request(&storage->rest, request, SLUICE_METHOD_POST, NULL, error);
    if (failed)
        return failed;
    if (sign) {
        snprintf(body, sizeof body, "{\"expiresIn\":%d}", SIGNED_FOR_S);
        request->content_type = TEXT("application/json");
        storage->host->request_text(request, text_of(body), SLUICE_ENCODE_RAW);
        return 0;
    }
    request->content_type = TEXT("text/csv; charset=utf-8");
    storage->host->request_header(request, "x-upsert", TEXT("true"));
    return add_file(storage, request, error);
}

/* The one thing that a person wants to know. */
static void tell(struct storage *storage, const struct sql *path) {
    sluice_text base = storage->config->url;
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    storage->host->log(storage->self, SLUICE_LOG_INFO, "%.*s/storage/v1%s", TEXT_ARG(base), path->text);
}

/* The address comes as it is, relative, and not escaped. */
static bool tell_signed(struct storage *storage, sluice_text body) {
    struct json_walk walk;
    sluice_text key, value, found = {NULL, 0};
    struct sql *path = &storage->rest.path;
    if (json_walk_object(&walk, body))
        while (json_next_member(&walk, &key, &value))
            if (json_is(key, "signedURL") && *value.ptr == '"')
                found = value;
    char *text = found.ptr ? malloc(found.len) : NULL;
    if (!text)
        return false;
    sluice_text url = {text, json_decode(found, text)};
    sql_clear(path);
    for (uint64_t i = 0; i < url.len; i++)
        if (strchr("/?=&%", url.ptr[i]))
            sql_bytes(path, &url.ptr[i], 1);
        else
            rest_url_add(path, (sluice_text){&url.ptr[i], 1});
    free(text);
    if (path->length && !path->failed && *path->text == '/')
        tell(storage, path);
    return path->length && *path->text == '/';
}

static void tell_public(struct storage *storage) {
    sql_clear(&storage->rest.path);
    sql_add(&storage->rest.path, "/object/public/");
    add_object(&storage->rest.path, storage);
    tell(storage, &storage->rest.path);
}

/* {"Key":…,"Id":…}: another yes is a page of something in between, and nothing was kept. */
static bool is_kept(sluice_text body) {
    struct json_walk walk;
    sluice_text key, value;
    bool named = false;
    if (json_walk_object(&walk, body))
        while (json_next_member(&walk, &key, &value))
            named = named || json_is(key, "Key");
    return named;
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    struct storage *storage = instance;
    struct rest_fault fault;
    storage_fault_read(&fault, reply->status, reply->body, storage->bucket);
    if (fault.kind != REST_FINE)
        return rest_answer(&storage->rest, call, &fault, error);
    if (text_is(call->cookie, "sign")) {
        if (!tell_signed(storage, reply->body))
            rest_unread(&storage->rest, call, "no signed address");
    } else if (!is_kept(reply->body)) {
        rest_unread(&storage->rest, call, "no object's key");
    } else if (storage->config->public) {
        tell_public(storage);
    } else {
        storage->host->more(call, TEXT("sign"));
    }
    return 0;
}

/* ---- open and close ------------------------------------------------------------------------- */

static int check(const sluice_host *host, sluice_self *self, const struct storage_config *config,
                 sluice_error *error) {
    sluice_text path = config->path;
    if (!config->url.len || !config->key.handle)
        return host->fail(error, SLUICE_E_CONFIG,
                          "'url' and 'key' are needed (SUPABASE_URL, SUPABASE_KEY); %s is missing",
                          config->url.len ? "the key" : "the address");
    if (host->spends(self) == 1)
        return host->fail(
            error, SLUICE_E_CONFIG,
            "an object is made at the end of a run, which what is paid for can't wait for; put the export "
            "into a pipeline of its own, that reads the orders");
    if (!config->bucket.len || config->bucket.len > 100 ||
        memchr(config->bucket.ptr, '/', config->bucket.len))
        return host->fail(error, SLUICE_E_CONFIG,
                          "option 'bucket': 1 to 100 letters, without '/'; write batch-uploads");
    bool good = path.len && path.len <= 1000 && *path.ptr != '/' && path.ptr[path.len - 1] != '/';
    for (uint64_t i = 0; i < path.len; i++)
        good = good && path.ptr[i] && strchr(keys, path.ptr[i]);
    return good ? 0
                : host->fail(error, SLUICE_E_CONFIG,
                             "option 'path': write a name like exports/orders.csv, of ASCII letters, digits, "
                             "spaces and "
                             "_ -.',!*&$@=;:+?/()");
}

int32_t storage_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error) {
    const struct storage_config *given = config;
    const char *temporary = getenv("TMPDIR");
    int failed = check(host, self, given, error);
    if (failed)
        return failed;
    struct storage *storage = calloc(1, sizeof *storage);
    if (!storage)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    storage->host = host;
    storage->self = self;
    storage->config = given;
    snprintf(storage->bucket, sizeof storage->bucket, "%.*s", TEXT_ARG(given->bucket));
    snprintf(storage->directory, sizeof storage->directory, "%.100s/sluice-object-%d-%lld-%p",
             temporary && *temporary ? temporary : "/tmp", (int)getpid(), (long long)host->now_ms(),
             (void *)storage);
    snprintf(storage->path, sizeof storage->path, "%s/object.csv", storage->directory);
    storage->csv = given->csv;
    storage->csv.path = text_of(storage->path);
    storage->csv.mode = CSV_MODE_REPLACE;
    failed = rest_open(&storage->rest, host, self, given->url, given->key, TEXT("objects"), 1, error);
    if (!failed)
        failed = csv_sink_open(host, self, &storage->csv, &storage->file, error);
    if (failed)
        storage_close(storage);
    else
        *instance = storage;
    return failed;
}

void storage_close(void *instance) {
    struct storage *storage = instance;
    if (storage->file)
        csv_sink_close(storage->file);
    if (storage->made) {
        unlink(storage->path);
        rmdir(storage->directory);
    }
    rest_free(&storage->rest);
    free(storage);
}

const sluice_sink storage_callbacks = {
    .size = sizeof(sluice_sink),
    .write = write_rows,
    .commit = commit,
    .finish = finish,
};

const sluice_exchanger storage_exchanger = {
    .size = sizeof(sluice_exchanger),
    .build = build,
    .parse = parse,
};
