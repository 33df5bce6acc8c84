#include "asset.h"

#include <stdlib.h>
#include <string.h>

const char *asset_path(const char *name) {
    for (size_t i = 0; i < asset_count; i++)
        if (strcmp(assets[i].name, name) == 0)
            return assets[i].path;
    abort(); /* a page names a file that isn't there: a mistake in the program */
}
