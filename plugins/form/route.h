/* route.h - which address is answered by whom. */
#ifndef FORM_ROUTE_H
#define FORM_ROUTE_H

#include "request.h"

#define ROUTE_OPEN 1u   /* without being logged in */
#define ROUTE_API 2u    /* for scripts: a token will do, answers are JSON */
#define ROUTE_UPLOAD 4u /* a body of max_upload, not a few KiB */

struct route {
    const char *method;
    const char *path; /* a * stands for one part of it */
    enum MHD_Result (*answer)(struct request *request);
    unsigned flags;
};

/* NULL: there is none; *other_method: but one for another method. */
const struct route *route_find(const char *method, const char *path, sluice_text *part, bool *other_method);

#endif
