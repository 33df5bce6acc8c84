/* run_report.h - what the runs of one pipeline add up to, the one under way included: for whoever watches a
 * service. Thread-safe. */
#ifndef CORE_RUN_REPORT_H
#define CORE_RUN_REPORT_H

#include <pthread.h>

#include "run.h"

enum { REPORT_SINKS = 16 };

struct sink_report {
    char name[64];
    bool dead;
    uint64_t written, lost, queued_bytes;
    char text[256]; /* why it is dead */
};

/* None of them ever falls: a record in doubt that is settled counts under both. */
struct run_sums {
    uint64_t read, settled, kinds[TALLY_KINDS];
    uint64_t left[TALLY_KINDS]; /* but of these only what didn't become something else */
    money spent;
};

struct run_report {
    pthread_mutex_t lock;
    struct run *live;                       /* NULL: none */
    struct run_sums ended;                  /* of all runs that are over */
    struct sink_report sinks[REPORT_SINKS]; /* of the last run */
    size_t sink_count;
    char currency[16];
    bool only_spoilt; /* the last run failed on single records, not on the provider */
};

struct run_snapshot {
    struct run_sums sums;
    struct sink_report sinks[REPORT_SINKS];
    size_t sink_count;
    char currency[16];
    bool only_spoilt;
};

void run_report_init(struct run_report *report);
void run_report_free(struct run_report *report);
/* The run's sinks are open, and stay so until run_report_ended. */
void run_report_began(struct run_report *report, struct run *run, const char *currency);
void run_report_ended(struct run_report *report);
void run_report_read(struct run_report *report, struct run_snapshot *out);

#endif
