/* way.h - a store is reached over libpq or over REST; which of them an instance is. */
#ifndef SUPABASE_WAY_H
#define SUPABASE_WAY_H

#include <sluice/base.h>

/* First in both. */
struct way {
    void (*close)(void *instance);
    /* The statements of `store init`; they live as long as the instance. NULL in a source. */
    int32_t (*script)(void *instance, sluice_text *script, sluice_error *error);
};

#endif
