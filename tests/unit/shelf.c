#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sluice_host *host;

void shelf_init(struct shelf *shelf) {
    *shelf = (struct shelf){0};
    pthread_mutex_init(&shelf->lock, NULL);
    pthread_cond_init(&shelf->moved, NULL);
}

void shelf_free(struct shelf *shelf) {
    for (size_t i = 0; i < shelf->written; i++)
        free(shelf->rows[i]);
    free(shelf->rows);
    pthread_mutex_destroy(&shelf->lock);
    pthread_cond_destroy(&shelf->moved);
}

static void set_held(struct shelf *shelf, bool held) {
    pthread_mutex_lock(&shelf->lock);
    shelf->held = held;
    pthread_cond_broadcast(&shelf->moved);
    pthread_mutex_unlock(&shelf->lock);
}

void shelf_hold(struct shelf *shelf) {
    set_held(shelf, true);
}

void shelf_release(struct shelf *shelf) {
    set_held(shelf, false);
}

void shelf_await(struct shelf *shelf, size_t committed) {
    pthread_mutex_lock(&shelf->lock);
    while (shelf->committed < committed)
        pthread_cond_wait(&shelf->moved, &shelf->lock);
    pthread_mutex_unlock(&shelf->lock);
}

void shelf_await_write(struct shelf *shelf) {
    pthread_mutex_lock(&shelf->lock);
    while (!shelf->writes)
        pthread_cond_wait(&shelf->moved, &shelf->lock);
    pthread_mutex_unlock(&shelf->lock);
}

char *shelf_column(struct shelf *shelf, const char *name) {
    char *out = NULL, key[100];
    size_t length = 0;
    FILE *stream = open_memstream(&out, &length);
    snprintf(key, sizeof key, ";%s=", name);
    pthread_mutex_lock(&shelf->lock);
    for (size_t i = 0; i < shelf->committed; i++) {
        const char *at = strstr(shelf->rows[i], key);
        const char *value = at ? at + strlen(key) : "-;";
        fprintf(stream, "%s%.*s", i ? " " : "", (int)strcspn(value, ";"), value);
    }
    pthread_mutex_unlock(&shelf->lock);
    fclose(stream);
    return out;
}

/* ---- the component -------------------------------------------------------------------------- */

static int32_t answer(const struct shelf *shelf, int32_t code, const char *what, sluice_error *error) {
    return code < 0 && !shelf->silent ? host->fail(error, code, "the shelf can't %s", what) : code;
}

static int32_t open_shelf(const sluice_host *table, sluice_self *self, const void *config, void **instance,
                          sluice_error *error) {
    struct shelf *shelf = (struct shelf *)config;
    (void)self;
    host = table;
    if (shelf->open_answer)
        return answer(shelf, shelf->open_answer, "open", error);
    shelf->opened++;
    *instance = shelf;
    return 0;
}

static void close_shelf(void *instance) {
    struct shelf *shelf = instance;
    shelf->closed++;
}

static int32_t probe(void *instance, sluice_error *error) {
    struct shelf *shelf = instance;
    shelf->probes++;
    return answer(shelf, shelf->probe_answer, "be written", error);
}

static char *as_text(const sluice_batch *batch, uint32_t row) {
    char *out = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&out, &length);
    fputc(';', stream);
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c], value = batch->cells[c][row];
        fprintf(stream, "%.*s=%.*s;", (int)name.len, name.ptr, value.ptr ? (int)value.len : 1,
                value.ptr ? value.ptr : "~");
    }
    fclose(stream);
    return out;
}

static void keep(struct shelf *shelf, char *row) {
    if (shelf->written == shelf->room) {
        shelf->room = shelf->room ? shelf->room * 2 : 64;
        shelf->rows = realloc(shelf->rows, shelf->room * sizeof *shelf->rows);
    }
    shelf->rows[shelf->written++] = row;
}

static int32_t write_rows(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct shelf *shelf = instance;
    pthread_mutex_lock(&shelf->lock);
    shelf->writes++;
    pthread_cond_broadcast(&shelf->moved);
    while (shelf->held)
        pthread_cond_wait(&shelf->moved, &shelf->lock);
    unsigned beyond = shelf->writes > shelf->good_writes ? shelf->writes - shelf->good_writes : 0;
    bool good = !shelf->write_answer || !beyond || (shelf->bad_writes && beyond > shelf->bad_writes);
    while (!good && shelf->written > shelf->committed)
        free(shelf->rows[--shelf->written]);
    for (uint32_t i = 0; good && i < batch->selected; i++) {
        char *row = as_text(batch, sluice_selected(batch, i));
        if (strstr(row, ";note=unkeepable;")) {
            host->reject(out, sluice_selected(batch, i), "unkeepable",
                         (sluice_text){"there is no place for it", 24});
            free(row);
        } else {
            keep(shelf, row);
        }
    }
    pthread_mutex_unlock(&shelf->lock);
    return good ? 0 : answer(shelf, shelf->write_answer, "write", error);
}

static int32_t commit(void *instance, sluice_error *error) {
    struct shelf *shelf = instance;
    pthread_mutex_lock(&shelf->lock);
    shelf->commits++;
    bool good = !shelf->commit_answer || (shelf->bad_commits && shelf->commits > shelf->bad_commits);
    while (!good && shelf->written > shelf->committed)
        free(shelf->rows[--shelf->written]);
    if (good)
        shelf->committed = shelf->written;
    pthread_cond_broadcast(&shelf->moved);
    pthread_mutex_unlock(&shelf->lock);
    return good ? 0 : answer(shelf, shelf->commit_answer, "commit", error);
}

static int32_t finish(void *instance, sluice_error *error) {
    struct shelf *shelf = instance;
    shelf->finishes++;
    return answer(shelf, shelf->finish_answer, "finish", error);
}

static const sluice_sink sink = {
    .size = sizeof sink, .probe = probe, .write = write_rows, .commit = commit, .finish = finish};

const sluice_component shelf_sink = {.size = sizeof shelf_sink,
                                     .kind = SLUICE_SINK,
                                     .name = "shelf",
                                     .config_size = sizeof(struct shelf),
                                     .open = open_shelf,
                                     .close = close_shelf,
                                     .sink = &sink};
const sluice_component shelf_store = {.size = sizeof shelf_store,
                                      .kind = SLUICE_SINK,
                                      .flags = SLUICE_ORDERS,
                                      .name = "store",
                                      .config_size = sizeof(struct shelf),
                                      .open = open_shelf,
                                      .close = close_shelf,
                                      .sink = &sink};
