#include "run_stores.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t run_stores(const struct run *run, const char *names[PIPELINE_LIST_MOST]) {
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < run->outlet_count && count < PIPELINE_LIST_MOST; i++)
        if (run->outlets[i].instance.self.keeps.len)
            names[count++] = run->outlets[i].instance.self.keeps.ptr;
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp(names[i], names[kept - 1]) != 0)
            names[kept++] = names[i];
    return kept;
}

void run_stores_json(const struct run *run, struct json *json) {
    const char *names[PIPELINE_LIST_MOST];
    size_t count = run_stores(run, names);
    json_key(json, "stores");
    json_open(json, '[');
    for (size_t i = 0; i < count; i++)
        json_string(json, names[i]);
    json_close(json, ']');
}

void run_stores_say(const struct run *run) {
    const char *names[PIPELINE_LIST_MOST];
    size_t count = run_stores(run, names);
    for (size_t i = 0; i < count; i++)
        log_line(SLUICE_LOG_INFO, run->pipeline->name, "writes to %s", names[i]);
}
