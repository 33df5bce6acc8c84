/* remote_sink.h - a sink that talks to a service: its rows go out in calls of as many as the service takes,
 * one call after the other, and each row is kept when the reply says so.
 *
 * A write may be sent again (a store knows a row again by its key), as policy.h allows. Rows that are refused
 * as a whole are divided until the odd one is found; a reply that doesn't mention a row is a failure, so that
 * no row is lost without a word. */
#ifndef CORE_REMOTE_SINK_H
#define CORE_REMOTE_SINK_H

#include "batch.h"
#include "client.h"

struct remote_sink {
    struct client client;
    struct sluice_row *rows;
    uint32_t row_room;
    uint32_t list; /* rows in a call, at most */
    bool opened;
};

int remote_sink_open(struct remote_sink *sink, struct instance *instance, const struct limits *limits,
                     sluice_error *error);
int remote_sink_probe(struct remote_sink *sink, sluice_error *error);
/* On return 0 every selected row is durable there, or rejected. */
int remote_sink_write(struct remote_sink *sink, const sluice_batch *batch, sluice_changes *out,
                      sluice_error *error);
/* What the sink collected goes out now. */
int remote_sink_upload(struct remote_sink *sink, sluice_error *error);
void remote_sink_close(struct remote_sink *sink);

#endif
