/* rest_check.h - `store check` over REST: what the probe meets is told, each thing with what to do. */
#ifndef SUPABASE_REST_CHECK_H
#define SUPABASE_REST_CHECK_H

#include "rest_sink.h"

/* What can be told before anything is asked: whose key it is. */
void rest_check_key(struct rest_sink *sink);
/* The project's clock by its reply. */
void rest_check_clock(struct rest_sink *sink, sluice_call *call);
void rest_check_column(struct rest_sink *sink, sluice_text column);
/* One that must be given, and that orders bring nothing for. */
void rest_check_required(struct rest_sink *sink, sluice_text column);
/* Is that something the table or the rights lack? Then it is told, and true. */
bool rest_check_fault(struct rest_sink *sink, const char *table, const struct rest_fault *fault);

#endif
