#include "library.h"

#include <dlfcn.h>

#include "error.h"

int library_load(const char *soname, const char *package, const char *const *names, size_t count,
                 void **table, sluice_error *error) {
    void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail(error, SLUICE_E_UNAVAILABLE, "%s can't be loaded (%s); install the package %s", soname,
                    dlerror(), package);
    for (size_t i = 0; i < count; i++) {
        table[i] = dlsym(handle, names[i]);
        if (!table[i])
            return fail(error, SLUICE_E_UNAVAILABLE, "%s is too old: it has no %s; upgrade the package %s",
                        soname, names[i], package);
    }
    return 0;
}
