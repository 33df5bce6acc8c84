#include "registry.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "descriptor.h"
#include "error.h"
#include "load_guard.h"
#include "suggest.h"
#include "text.h"

enum {
    DIRS_MOST = 16,
    NAMES_MOST = 1024,
    PROBE_SECONDS = 10, /* a plugin that hangs while it is loaded is ended then */
};

struct registry {
    pthread_mutex_t lock; /* of what follows */
    sluice_arena arena;
    struct plugin *plugins;
    const char *dirs[DIRS_MOST + 2];
    size_t dir_count;
    bool alone; /* in a child: it may die, and its parent says so */
};

/* ---- where ------------------------------------------------------------------------------------ */

static void add_dir(struct registry *registry, const char *dir) {
    if (dir && registry->dir_count < sizeof registry->dirs / sizeof *registry->dirs)
        registry->dirs[registry->dir_count++] = dir;
}

/* The build's directory, plugins/ beside the program, and the installed one, SLUICE_PLUGINS, which the
 * build gives relative to the program's directory (or absolute when it was configured so). */
static void add_own_dirs(struct registry *registry) {
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;
    if (slash) {
        *slash = 0;
        add_dir(registry, arena_printf(&registry->arena, "%s/plugins", self));
    }
    if (SLUICE_PLUGINS[0] == '/')
        add_dir(registry, SLUICE_PLUGINS);
    else if (slash)
        add_dir(registry, arena_printf(&registry->arena, "%s/%s", self, SLUICE_PLUGINS));
}

struct registry *registry_new(const char *dirs) {
    struct registry *registry = calloc(1, sizeof *registry);
    if (!registry)
        return NULL;
    pthread_mutex_init(&registry->lock, NULL);
    char *list = arena_string(&registry->arena, dirs ? dirs : ""), *rest = NULL;
    if (!list) {
        registry_free(registry);
        return NULL;
    }
    for (char *dir = strtok_r(list, ":", &rest); dir && registry->dir_count < DIRS_MOST;
         dir = strtok_r(NULL, ":", &rest))
        add_dir(registry, dir);
    add_own_dirs(registry);
    return registry;
}

/* Plugins stay mapped: a thread or an exit handler of a library that one brought may still run. */
void registry_free(struct registry *registry) {
    if (!registry)
        return;
    pthread_mutex_destroy(&registry->lock);
    arena_free(&registry->arena);
    free(registry);
}

static const char *find_file(struct registry *registry, const char *name) {
    struct stat about;
    for (size_t i = 0; i < registry->dir_count; i++) {
        char path[4096];
        int n = snprintf(path, sizeof path, "%s/%s.so", registry->dirs[i], name);
        if (n > 0 && (size_t)n < sizeof path && stat(path, &about) == 0)
            return arena_string(&registry->arena, path);
    }
    return NULL;
}

/* ---- names ------------------------------------------------------------------------------------ */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "csv.so" -> "csv"; false for what can't be a plugin. */
static bool plugin_name(const char *file, char out[NAME_MOST + 1]) {
    size_t n = strlen(file);
    if (n <= 3 || n - 3 > NAME_MOST || strcmp(file + n - 3, ".so") != 0)
        return false;
    memcpy(out, file, n - 3);
    out[n - 3] = 0;
    return descriptor_good_name(out);
}

static size_t list_dir(struct registry *registry, const char *path, const char **names, size_t count) {
    DIR *dir = opendir(path);
    struct dirent *entry;
    char name[NAME_MOST + 1];
    if (!dir)
        return count; /* most of the path needn't exist */
    while (count < NAMES_MOST && (entry = readdir(dir)))
        if (plugin_name(entry->d_name, name) && (names[count] = arena_string(&registry->arena, name)))
            count++;
    closedir(dir);
    return count;
}

static size_t list_names(struct registry *registry, const char *const **out) {
    const char **names = arena_array(&registry->arena, NAMES_MOST, sizeof *names);
    size_t count = 0, kept = 0;
    for (size_t i = 0; names && i < registry->dir_count; i++)
        count = list_dir(registry, registry->dirs[i], names, count);
    if (count)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    *out = names;
    return kept;
}

size_t registry_names(struct registry *registry, const char *const **out) {
    pthread_mutex_lock(&registry->lock);
    size_t count = list_names(registry, out);
    pthread_mutex_unlock(&registry->lock);
    return count;
}

/* ---- loading ---------------------------------------------------------------------------------- */

static int not_found(struct registry *registry, const char *name, sluice_error *error) {
    const char *const *names;
    size_t count = list_names(registry, &names);
    const char *close = suggest(text_of(name), names, count);
    char dirs[500] = "";
    for (size_t i = 0, used = 0; i < registry->dir_count && used < sizeof dirs; i++)
        used += (size_t)snprintf(dirs + used, sizeof dirs - used, "%s%s", i ? ", " : "", registry->dirs[i]);
    if (close)
        return fail(error, SLUICE_E_CONFIG, "there is no plugin '%s'; did you mean '%s'?", name, close);
    return fail(error, SLUICE_E_CONFIG, "there is no plugin '%s'; looked for %s.so in %s", name, name, dirs);
}

static int no_entry(void *handle, const char *name, const char *path, sluice_error *error) {
    for (int major = 1; major < SLUICE_ABI_MAJOR + 10; major++) {
        char symbol[40];
        snprintf(symbol, sizeof symbol, "sluice_plugin_v%d", major);
        if (dlsym(handle, symbol))
            return fail(error, SLUICE_E_PLUGIN,
                        "plugin '%s' (%s) was refused: it was built for plugin contract %d, this sluice (%s) "
                        "has %d; %s",
                        name, path, major, SLUICE_VERSION, SLUICE_ABI_MAJOR,
                        major > SLUICE_ABI_MAJOR ? "upgrade sluice" : "upgrade the plugin");
    }
    return fail(error, SLUICE_E_PLUGIN,
                "plugin '%s' (%s) was refused: it exports no sluice_plugin_v%d; end it with SLUICE_PLUGIN(…)",
                name, path, SLUICE_ABI_MAJOR);
}

static void *open_library(const struct registry *registry, const char *name, const char *path) {
    if (!registry->alone)
        load_guard_begin(name);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!registry->alone)
        load_guard_end();
    return handle;
}

static int load(struct registry *registry, struct plugin *plugin, const char *name, sluice_error *error) {
    char symbol[40];
    plugin->handle = open_library(registry, name, plugin->path);
    if (!plugin->handle)
        return fail(error, SLUICE_E_PLUGIN, "plugin '%s' can't be loaded: %s", name, dlerror());
    snprintf(symbol, sizeof symbol, "sluice_plugin_v%d", SLUICE_ABI_MAJOR);
    void *address = dlsym(plugin->handle, symbol);
    if (!address)
        return no_entry(plugin->handle, name, plugin->path, error);
    sluice_plugin_entry entry; /* C has no cast from an object's address to a function's */
    memcpy(&entry, &address, sizeof entry);
    return descriptor_read(entry(), name, plugin->path, &registry->arena, plugin, error);
}

static struct plugin *find_loaded(const struct registry *registry, const char *name) {
    struct plugin *plugin = registry->plugins;
    while (plugin && strcmp(plugin->name, name) != 0)
        plugin = plugin->next;
    return plugin;
}

static struct plugin *find_or_load(struct registry *registry, const char *name, sluice_error *error) {
    struct plugin *loaded = find_loaded(registry, name);
    if (loaded)
        return loaded;
    const char *path = descriptor_good_name(name) ? find_file(registry, name) : NULL;
    if (!path) {
        not_found(registry, name, error);
        return NULL;
    }
    struct plugin *plugin = arena_zalloc(&registry->arena, sizeof *plugin);
    const char *kept_name = arena_string(&registry->arena, name);
    if (!plugin || !kept_name) {
        fail_memory(error);
        return NULL;
    }
    plugin->path = path;
    if (load(registry, plugin, kept_name, error) != 0)
        return NULL;
    plugin->next = registry->plugins;
    registry->plugins = plugin;
    return plugin;
}

struct plugin *registry_plugin(struct registry *registry, const char *name, sluice_error *error) {
    pthread_mutex_lock(&registry->lock);
    struct plugin *plugin = find_or_load(registry, name, error);
    pthread_mutex_unlock(&registry->lock);
    return plugin;
}

const sluice_component *plugin_component(const struct plugin *plugin, const char *component, uint32_t kind) {
    for (size_t i = 0; i < plugin->component_count; i++)
        if (plugin->components[i].kind == kind &&
            strcmp(plugin->components[i].name, component ? component : plugin->name) == 0)
            return &plugin->components[i];
    return NULL;
}

/* ---- probing ---------------------------------------------------------------------------------- */

/* In the child: nothing that the plugin does here, not even dying, reaches the parent. */
static void probe_in_child(struct registry *registry, const char *name, int report) {
    static const int deadly[] = {SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
    sluice_error error = ERROR_INIT;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
    alarm(PROBE_SECONDS);
    registry->alone = true;
    find_or_load(registry, name, &error); /* the lock is ours: nobody else is in this process */
    _exit(write(report, &error, sizeof error) == sizeof error ? 0 : 1);
}

/* What the child said, or what its silence means. */
static bool judge(int status, bool reported, const sluice_error *said, const char *name,
                  sluice_error *error) {
    if (reported && said->code == 0)
        return true;
    if (reported)
        fail(error, said->code, "%s", said->text);
    else if (WIFSIGNALED(status))
        fail(error, SLUICE_E_PLUGIN, "plugin '%s' %s while it was loaded; remove it or build it again", name,
             WTERMSIG(status) == SIGALRM ? "hung" : "crashed");
    else
        fail(error, SLUICE_E_PLUGIN,
             "plugin '%s' ended the process while it was loaded; remove it or build it again", name);
    return false;
}

static bool probe(struct registry *registry, const char *name, sluice_error *error) {
    int ends[2], status = 0;
    if (find_loaded(registry, name))
        return true;
    sluice_error said = ERROR_INIT;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fail(error, SLUICE_E_IO, "can't make a pipe: %s", strerror(errno));
        return false;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        probe_in_child(registry, name, ends[1]);
    close(ends[1]);
    bool reported = child > 0 && TEMP_FAILURE_RETRY(read(ends[0], &said, sizeof said)) == sizeof said;
    close(ends[0]);
    if (child < 0 || TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) < 0) {
        fail(error, SLUICE_E_IO, "can't start a process to look at plugin '%s': %s", name, strerror(errno));
        return false;
    }
    return judge(status, reported, &said, name, error);
}

bool registry_probe(struct registry *registry, const char *name, sluice_error *error) {
    pthread_mutex_lock(&registry->lock);
    bool good = probe(registry, name, error);
    pthread_mutex_unlock(&registry->lock);
    return good;
}
