/* sqlite_sink.h - a sqlite sink over a file of its own, for the tests of it. */
#ifndef TESTS_SQLITE_SINK_H
#define TESTS_SQLITE_SINK_H

#include "harness.h"
#include "sqlite_file.h"

struct sqlite_sink {
    struct sqlite_file file;
    struct harness sink;
};

/* For cmocka: *state is a struct sqlite_sink with a path where no file is yet. */
int sqlite_sink_setup(void **state);
int sqlite_sink_teardown(void **state);

/* Each answers as the callback does; what is wrong stands in sink.error. */
int sqlite_sink_open(struct sqlite_sink *s, const char *const *options);
int sqlite_sink_probe(struct sqlite_sink *s);
int sqlite_sink_commit(struct sqlite_sink *s);
/* `rows` as for harness_batch; `changes` may be NULL, else the caller frees it. */
int sqlite_sink_write(struct sqlite_sink *s, const char *const *rows, struct changes *changes);
int sqlite_sink_write_batch(struct sqlite_sink *s, struct batch *batch, struct changes *changes);

#define ROWS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define assert_query(s, sql, expected) assert_string_equal(sqlite_file_query(&(s)->file, sql), expected)

#endif
