#include "pq_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct pq_library pq;

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
#define PQ_ROW_OF(name) {"PQ" #name, offsetof(struct pq_library, name)},
    PQ_SYMBOLS(PQ_ROW_OF)
#undef PQ_ROW_OF
};

static int load(const sluice_host *host, sluice_error *error) {
    void *handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return host->fail(error, SLUICE_E_UNAVAILABLE,
                          "libpq.so.5 can't be loaded (%s); install the package libpq5", dlerror());
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(handle, symbols[i].name);
        if (!symbol) {
            dlclose(handle);
            return host->fail(error, SLUICE_E_UNAVAILABLE,
                              "libpq.so.5 is too old: it has no %s; upgrade the package libpq5",
                              symbols[i].name);
        }
        *(void **)((char *)&pq + symbols[i].offset) = symbol;
    }
    return 0;
}

int pq_library_load(const sluice_host *host, sluice_error *error) {
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
