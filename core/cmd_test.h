/* cmd_test.h - what the files of the command share: tests, found, played side by side, and reported. */
#ifndef CORE_CMD_TEST_H
#define CORE_CMD_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "pipeline.h"
#include "program.h"
#include "rehearsal.h"

/* A pipeline file, and one of its tests; without a test: what is wrong with the file. */
struct test_entry {
    const char *file; /* as it was found */
    const char *path; /* absolute */
    struct pipeline *pipeline;
    const struct rehearsal *test;
    bool over, passed;
    const char *details; /* "" when it has passed */
    int64_t elapsed_us;
    /* While it is played. */
    pid_t child;
    char dir[200];
    int64_t begun_us;
};

struct test_suite {
    struct program *program;
    sluice_arena arena;
    struct test_entry *entries;
    size_t count, room;
    struct pipeline **pipelines;
    size_t pipeline_count, pipeline_room;
    size_t without;   /* files that have no tests */
    const char *only; /* part of the name; NULL: all */
    int exit_code;    /* of files that can't be used */
};

/* cmd_test_find.c: read the files, and those in directories; 66 when one is missing. */
int test_find(struct test_suite *suite, const char *path);

/* cmd_test_pool.c: play all that aren't over, at most `jobs` at once; `each` is told of each, in their order.
 * A signal ends it: 75. */
int test_play_all(struct test_suite *suite, unsigned jobs,
                  void (*each)(struct test_suite *suite, size_t index), sluice_error *error);

/* cmd_test_report.c */
void test_report_one(struct test_suite *suite, size_t index);
void test_report_sum(const struct test_suite *suite);
void test_report_json(const struct test_suite *suite);
int test_report_junit(const struct test_suite *suite, const char *path, sluice_error *error);
size_t test_failures(const struct test_suite *suite);

#endif
