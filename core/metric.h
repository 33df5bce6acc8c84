/* metric.h - the text format of Prometheus, version 0.0.4, written into a growing text. */
#ifndef CORE_METRIC_H
#define CORE_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics {
    char *text; /* malloc'd, terminated; NULL while it is empty */
    size_t length, room;
    bool failed; /* out of memory */
    const char *name;
};

struct label {
    const char *name, *value;
};

/* What comes next; `type`: counter, gauge, histogram. */
void metric_begin(struct metrics *metrics, const char *name, const char *type, const char *help);
/* One value of it. `suffix`: "" or "_bucket", "_sum", "_count"; labels end with one without a name, NULL:
 * none. The value is a number as text. */
void metric_text(struct metrics *metrics, const char *suffix, const struct label *labels, const char *value);
void metric_number(struct metrics *metrics, const char *suffix, const struct label *labels, uint64_t value);
/* Milliseconds or microseconds as seconds; `per_second`: 1000 or 1000000. */
void metric_seconds(struct metrics *metrics, const char *suffix, const struct label *labels, int64_t value,
                    int64_t per_second);

#endif
