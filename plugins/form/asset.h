/* asset.h - the style sheet, the script and the icon; they are a part of the plugin. */
#ifndef FORM_ASSET_H
#define FORM_ASSET_H

#include <stddef.h>

struct asset {
    const char *name; /* form.css */
    const char *path; /* /assets/form-0123456789abcdef.css: another content has another address */
    const char *type;
    const char *bytes;
    size_t count;
};

extern const struct asset assets[];
extern const size_t asset_count;

/* The address of a file of this name. */
const char *asset_path(const char *name);

#endif
