/* plugin_template.h - the files of a new plugin, as they stand in core/sdk/templates; made by
 * core/sdk/embed.py. */
#ifndef CORE_PLUGIN_TEMPLATE_H
#define CORE_PLUGIN_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* `text`: with @name@ and @NAME@ for the plugin's; not terminated. */
struct plugin_template {
    const char *kind; /* "provider" */
    const char *path; /* in the plugin's folder */
    const char *text;
    size_t length;
    bool program; /* it can be run */
};

/* In the order of their kinds and paths. */
extern const struct plugin_template plugin_templates[];
extern const size_t plugin_template_count;

#endif
