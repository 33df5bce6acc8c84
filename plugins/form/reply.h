/* reply.h - an answer: a page, a redirection, a refusal, a file. Each ends the request. */
#ifndef FORM_REPLY_H
#define FORM_REPLY_H

#include "request.h"

/* The buffer is taken, and a page that couldn't be made whole is a 500. */
enum MHD_Result reply_page(struct request *request, unsigned status, struct buffer *page);
enum MHD_Result reply_json(struct request *request, unsigned status, struct buffer *json);
/* To be kept: `file_name` is what a browser suggests. */
enum MHD_Result reply_file(struct request *request, const char *type, const char *file_name,
                           struct buffer *file);
/* What never changes under its address. */
enum MHD_Result reply_asset(struct request *request, const char *type, const char *bytes, size_t count);
/* 303: a reload of what comes doesn't send the form again. */
enum MHD_Result reply_see(struct request *request, const char *path);
/* A page with one sentence (for scripts: JSON). `what` is the heading. */
enum MHD_Result reply_refuse(struct request *request, unsigned status, const char *what, const char *text);
/* The status that goes with a failure of the core. */
unsigned reply_status(int32_t code);
/* What a query or an act failed with. */
enum MHD_Result reply_failure(struct request *request, const sluice_error *error);
/* What a job wasn't taken in for. */
enum MHD_Result reply_not_taken(struct request *request, const sluice_error *error);
/* Piece by piece, as `read` gives it. */
enum MHD_Result reply_stream(struct request *request, const char *type, const char *file_name,
                             MHD_ContentReaderCallback read, void *user,
                             MHD_ContentReaderFreeCallback release);

#endif
