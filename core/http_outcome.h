/* http_outcome.h - what a call that libcurl is done with comes to, in a word and in plain English. */
#ifndef CORE_HTTP_OUTCOME_H
#define CORE_HTTP_OUTCOME_H

#include "http_call.h"

void http_outcome(const struct http_call *call, CURLcode code, int64_t now_us, struct http_result *result);

#endif
