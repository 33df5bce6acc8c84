#include "sqlite_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct sqlite_library sqlite;

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
#define SQLITE_ROW_OF(name) {"sqlite3_" #name, offsetof(struct sqlite_library, name)},
    SQLITE_SYMBOLS(SQLITE_ROW_OF)
#undef SQLITE_ROW_OF
};

static int load(const sluice_host *host, sluice_error *error) {
    void *handle = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return host->fail(error, SLUICE_E_UNAVAILABLE,
                          "libsqlite3.so.0 can't be loaded (%s); install the package libsqlite3-0",
                          dlerror());
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(handle, symbols[i].name);
        if (!symbol) {
            dlclose(handle);
            return host->fail(error, SLUICE_E_UNAVAILABLE,
                              "libsqlite3.so.0 is too old: it has no %s; upgrade the package libsqlite3-0",
                              symbols[i].name);
        }
        *(void **)((char *)&sqlite + symbols[i].offset) = symbol;
    }
    return 0;
}

int sqlite_library_load(const sluice_host *host, sluice_error *error) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool loaded;
    int failed = 0;
    pthread_mutex_lock(&lock);
    if (!loaded)
        failed = load(host, error);
    loaded = loaded || !failed;
    pthread_mutex_unlock(&lock);
    return failed;
}
