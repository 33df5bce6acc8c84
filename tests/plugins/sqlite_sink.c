#include "sqlite_sink.h"

int sqlite_sink_setup(void **state) {
    static struct sqlite_sink sink;
    sqlite_file_make(&sink.file);
    *state = &sink;
    return 0;
}

int sqlite_sink_teardown(void **state) {
    struct sqlite_sink *s = *state;
    sqlite_file_remove(&s->file);
    return 0;
}

int sqlite_sink_open(struct sqlite_sink *s, const char *const *options) {
    return harness_open(&s->sink, "sqlite", "sqlite", SLUICE_SINK, true, options);
}

int sqlite_sink_probe(struct sqlite_sink *s) {
    return s->sink.instance.type->sink->probe(s->sink.instance.handle, &s->sink.error);
}

int sqlite_sink_commit(struct sqlite_sink *s) {
    return s->sink.instance.type->sink->commit(s->sink.instance.handle, &s->sink.error);
}

int sqlite_sink_write_batch(struct sqlite_sink *s, struct batch *batch, struct changes *changes) {
    struct changes unasked;
    int failed = harness_write(&s->sink, batch, changes ? changes : &unasked);
    if (!changes)
        changes_free(&unasked);
    batch_unref(batch);
    return failed;
}

int sqlite_sink_write(struct sqlite_sink *s, const char *const *rows, struct changes *changes) {
    return sqlite_sink_write_batch(s, harness_batch(rows), changes);
}
