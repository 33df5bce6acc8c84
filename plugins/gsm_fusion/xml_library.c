#include "xml_library.h"

#include <dlfcn.h>
#include <pthread.h>

#define XML_NAME(symbol) #symbol,

static struct xml_library library;

static int32_t look_up(const sluice_host *host, void *handle, sluice_error *error) {
    static const char *const names[] = {XML_SYMBOLS(XML_NAME)};
    struct xml_library found;
    void **table = (void **)&found;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        table[i] = dlsym(handle, names[i]);
        if (!table[i])
            return host->fail(error, SLUICE_E_UNAVAILABLE,
                              "libxml2.so.2 has no %s; upgrade the package libxml2", names[i]);
    }
    /* Two threads that both begin with libxml2 would set up its globals at once. Its manual wants this call
     * made by one of them before. */
    found.xmlInitParser();
    library = found;
    return 0;
}

static int32_t load(const sluice_host *host, sluice_error *error) {
    void *handle = dlopen("libxml2.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return host->fail(error, SLUICE_E_UNAVAILABLE,
                          "libxml2, which reads the provider's replies, can't be loaded (%s); install the "
                          "package libxml2",
                          dlerror());
    return look_up(host, handle, error);
}

const struct xml_library *xml_library_load(const sluice_host *host, sluice_error *error) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int32_t failed = 0;
    pthread_mutex_lock(&lock);
    if (!library.xmlParseChunk)
        failed = load(host, error);
    pthread_mutex_unlock(&lock);
    return failed ? NULL : &library;
}
