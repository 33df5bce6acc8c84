#include "metric.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct metrics *metrics, const char *bytes, size_t count) {
    if (metrics->failed)
        return;
    if (metrics->length + count + 1 > metrics->room) {
        size_t room = (metrics->length + count + 1) * 2;
        char *text = realloc(metrics->text, room);
        if (!text) {
            metrics->failed = true;
            return;
        }
        metrics->text = text;
        metrics->room = room;
    }
    memcpy(metrics->text + metrics->length, bytes, count);
    metrics->length += count;
    metrics->text[metrics->length] = 0;
}

static void put(struct metrics *metrics, const char *text) {
    append(metrics, text, strlen(text));
}

/* In a label's value, backslash, quote and newline are written with a backslash. */
static void put_value(struct metrics *metrics, const char *value) {
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            put(metrics, "\\");
        append(metrics, *value == '\n' ? "\\n" : value, *value == '\n' ? 2 : 1);
    }
}

void metric_begin(struct metrics *metrics, const char *name, const char *type, const char *help) {
    metrics->name = name;
    put(metrics, "# HELP ");
    put(metrics, name);
    put(metrics, " ");
    put(metrics, help);
    put(metrics, "\n# TYPE ");
    put(metrics, name);
    put(metrics, " ");
    put(metrics, type);
    put(metrics, "\n");
}

void metric_text(struct metrics *metrics, const char *suffix, const struct label *labels, const char *value) {
    put(metrics, metrics->name);
    put(metrics, suffix);
    for (const struct label *label = labels; label && label->name; label++) {
        put(metrics, label == labels ? "{" : ",");
        put(metrics, label->name);
        put(metrics, "=\"");
        put_value(metrics, label->value);
        put(metrics, "\"");
    }
    put(metrics, labels && labels->name ? "} " : " ");
    put(metrics, value);
    put(metrics, "\n");
}

void metric_number(struct metrics *metrics, const char *suffix, const struct label *labels, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    metric_text(metrics, suffix, labels, text);
}

void metric_seconds(struct metrics *metrics, const char *suffix, const struct label *labels, int64_t value,
                    int64_t per_second) {
    char text[48];
    snprintf(text, sizeof text, "%" PRId64 ".%0*" PRId64, value / per_second, per_second == 1000 ? 3 : 6,
             value % per_second);
    metric_text(metrics, suffix, labels, text);
}
