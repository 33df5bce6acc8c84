/* pointer.h - JSON pointers (RFC 6901): /data/0/id. Pure. */
#ifndef HTTP_POINTER_H
#define HTTP_POINTER_H

#include <stdbool.h>

#include <sluice/base.h>

/* Empty: the whole; else it begins with '/'. */
bool pointer_good(sluice_text pointer);
/* The value as it is written, in JSON that is whole; null: there is none. Of members with the same name the
 * last counts, as with every parser. */
sluice_text pointer_find(sluice_text json, sluice_text pointer);

#endif
