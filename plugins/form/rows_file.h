/* rows_file.h - the rows of a job with what became of them, as CSV. */
#ifndef FORM_ROWS_FILE_H
#define FORM_ROWS_FILE_H

#include "request.h"

enum MHD_Result rows_file_reply(struct request *request, const char *job);

#endif
