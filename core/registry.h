/* registry.h - where plugins are found, and which are loaded. Thread-safe; what was
 * loaded stays. */
#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/plugin.h>

struct plugin {
    struct plugin *next;
    const char *name;
    const char *path;
    void *handle;
    sluice_plugin descriptor;     /* the plugin's, copied by min(size) into today's struct */
    sluice_component *components; /* likewise, one by one, options too */
    size_t component_count;
};

struct registry;

/* `dirs`: --plugin-dir and SLUICE_PLUGIN_PATH, ':'-separated, first found wins; then the directory of
 * the build or the installation (found from /proc/self/exe). */
struct registry *registry_new(const char *dirs);
void registry_free(struct registry *registry);

/* Load NAME.so (RTLD_NOW | RTLD_LOCAL) and check it; loaded once. NULL: not found or refused
 * (SLUICE_E_PLUGIN with a sentence); error->code is SLUICE_E_CONFIG when there is no such file. */
struct plugin *registry_plugin(struct registry *registry, const char *name, sluice_error *error);

/* The component `plugin` or `plugin.component` of that kind. */
const sluice_component *plugin_component(const struct plugin *plugin, const char *component, uint32_t kind);

/* Names of all plugin files on the path, sorted, each once; in the registry's memory. */
size_t registry_names(struct registry *registry, const char *const **names);

/* Load the file in a child process; true when that process survived and the plugin was accepted.
 * What is wrong stands in `error`. */
bool registry_probe(struct registry *registry, const char *name, sluice_error *error);

#endif
