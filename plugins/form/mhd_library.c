#include "mhd_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct mhd_library mhd;

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
#define MHD_ROW_OF(name) {"MHD_" #name, offsetof(struct mhd_library, name)},
    MHD_SYMBOLS(MHD_ROW_OF)
#undef MHD_ROW_OF
};

static int load(const sluice_host *host, sluice_error *error) {
    void *handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return host->fail(error, SLUICE_E_UNAVAILABLE,
                          "libmicrohttpd.so.12 can't be loaded (%s); install the package libmicrohttpd12",
                          dlerror());
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(handle, symbols[i].name);
        if (!symbol) {
            dlclose(handle);
            return host->fail(
                error, SLUICE_E_UNAVAILABLE,
                "libmicrohttpd.so.12 is too old: it has no %s; upgrade the package libmicrohttpd12",
                symbols[i].name);
        }
        *(void **)((char *)&mhd + symbols[i].offset) = symbol;
    }
    return 0;
}

int mhd_library_load(const sluice_host *host, sluice_error *error) {
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
