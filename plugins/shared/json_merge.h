/* json_merge.h - what is stored as JSON and what is new become one object. Pure.
 *
 * Members of the new object replace those of the same name, all others stay; only the members of `pairs`
 * are merged one by one, since a later result that says less mustn't erase what an earlier one said. What is
 * stored and isn't an object (an older system's XML) stays as the member `previous`. */
#ifndef SHARED_JSON_MERGE_H
#define SHARED_JSON_MERGE_H

#include <sluice/base.h>

enum json_merged {
    JSON_KEEP_OLD, /* the new one is no object */
    JSON_TAKE_NEW, /* nothing was stored */
    JSON_MERGED,   /* *out, to be freed */
    JSON_NO_MEMORY
};

enum json_merged json_merge(sluice_text old, sluice_text new, char **out, uint64_t *length);

#endif
