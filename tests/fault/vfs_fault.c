#include "vfs_fault.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqlite_library.h"

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
    char *path;
};

/* A write or a truncation that wasn't synced. */
struct change {
    struct change *older;
    char *path;
    sqlite3_int64 offset, size_before; /* of the file */
    size_t bytes;                      /* 0: a truncation to `offset` */
    size_t bytes_before;               /* that were there, from `offset` on */
    char *data, *before;
};

static const struct sqlite_library *library;
static sqlite3_vfs *below, fault;

static struct change *newest;
static bool crashed;
static struct {
    unsigned operations;
    uint64_t nth, seen;
    int code;
    bool stays;
} plan;

static void *must(void *memory) {
    if (!memory)
        abort();
    return memory;
}

/* ---- what fails ---------------------------------------------------------------------------- */

void vfs_fault_fail(unsigned operations, uint64_t nth, int code, bool stays) {
    plan.operations = operations;
    plan.nth = nth;
    plan.seen = 0;
    plan.code = code;
    plan.stays = stays;
}

void vfs_fault_clear(void) {
    plan.operations = 0;
}

uint64_t vfs_fault_seen(void) {
    return plan.seen;
}

void vfs_fault_crash(void) {
    crashed = true;
}

static int failure(enum vfs_fault_operation operation) {
    if (crashed)
        return SQLITE_IOERR;
    if (!(plan.operations & operation))
        return SQLITE_OK;
    plan.seen++;
    return plan.seen == plan.nth || (plan.stays && plan.seen > plan.nth) ? plan.code : SQLITE_OK;
}

/* ---- what isn't synced --------------------------------------------------------------------- */

static void remember(const struct fault_file *file, int64_t offset, const void *data, size_t bytes) {
    struct change *change = must(calloc(1, sizeof *change));
    const sqlite3_io_methods *methods = file->real->pMethods;
    if (methods->xFileSize(file->real, &change->size_before))
        abort();
    int64_t behind = change->size_before > offset ? change->size_before - offset : 0;
    change->path = must(strdup(file->path));
    change->offset = offset;
    change->bytes = bytes;
    change->bytes_before = bytes && behind > (int64_t)bytes ? bytes : (size_t)behind;
    change->before = must(malloc(change->bytes_before + 1));
    change->data = must(malloc(bytes + 1));
    if (change->bytes_before &&
        methods->xRead(file->real, change->before, (int)change->bytes_before, offset) != SQLITE_OK)
        abort();
    if (bytes)
        memcpy(change->data, data, bytes);
    change->older = newest;
    newest = change;
}

static void change_free(struct change *change) {
    free(change->path);
    free(change->data);
    free(change->before);
    free(change);
}

static void forget(const char *path) {
    for (struct change **at = &newest; *at;) {
        struct change *change = *at;
        if (strcmp(change->path, path) != 0) {
            at = &change->older;
            continue;
        }
        *at = change->older;
        change_free(change);
    }
}

uint64_t vfs_fault_unsynced(void) {
    uint64_t bytes = 0;
    for (const struct change *change = newest; change; change = change->older)
        bytes += change->bytes;
    return bytes;
}

static void put(const char *path, int64_t offset, const char *data, size_t bytes, int64_t size) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return; /* removed since */
    if (pwrite(fd, data, bytes, offset) != (ssize_t)bytes || (size >= 0 && ftruncate(fd, size)))
        abort();
    close(fd);
}

static void apply(const struct change *change) {
    put(change->path, change->offset, change->data, change->bytes, change->bytes ? -1 : change->offset);
}

void vfs_fault_reboot(uint32_t seed) {
    struct change *oldest = NULL;
    while (newest) {
        struct change *change = newest;
        put(change->path, change->offset, change->before, change->bytes_before, change->size_before);
        newest = change->older;
        change->older = oldest;
        oldest = change;
    }
    while (oldest) {
        struct change *change = oldest;
        bool reached = seed && (seed = seed * 1664525 + 1013904223) >> 31;
        if (reached)
            apply(change);
        oldest = change->older;
        change_free(change);
    }
    crashed = false;
    vfs_fault_clear();
}

/* ---- the file layer ------------------------------------------------------------------------ */

static struct fault_file *fault_file(sqlite3_file *base) {
    return (struct fault_file *)base;
}

static sqlite3_file *real(sqlite3_file *base) {
    return fault_file(base)->real;
}

static int close_file(sqlite3_file *base) {
    free(fault_file(base)->path);
    return real(base)->pMethods->xClose(real(base));
}

static int read_file(sqlite3_file *base, void *out, int bytes, sqlite3_int64 offset) {
    int failed = failure(VFS_FAULT_READ);
    return failed ? failed : real(base)->pMethods->xRead(real(base), out, bytes, offset);
}

static int write_file(sqlite3_file *base, const void *from, int bytes, sqlite3_int64 offset) {
    int failed = failure(VFS_FAULT_WRITE);
    if (failed)
        return failed;
    if (fault_file(base)->path)
        remember(fault_file(base), offset, from, (size_t)bytes);
    return real(base)->pMethods->xWrite(real(base), from, bytes, offset);
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
    int failed = failure(VFS_FAULT_TRUNCATE);
    if (failed)
        return failed;
    if (fault_file(base)->path)
        remember(fault_file(base), size, NULL, 0);
    return real(base)->pMethods->xTruncate(real(base), size);
}

static int sync_file(sqlite3_file *base, int flags) {
    int failed = failure(VFS_FAULT_SYNC);
    if (failed)
        return failed;
    failed = real(base)->pMethods->xSync(real(base), flags);
    if (!failed && fault_file(base)->path)
        forget(fault_file(base)->path);
    return failed;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    return real(base)->pMethods->xFileSize(real(base), size);
}

static int lock_file(sqlite3_file *base, int level) {
    return real(base)->pMethods->xLock(real(base), level);
}

static int unlock_file(sqlite3_file *base, int level) {
    return real(base)->pMethods->xUnlock(real(base), level);
}

static int check_reserved_lock(sqlite3_file *base, int *out) {
    return real(base)->pMethods->xCheckReservedLock(real(base), out);
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    return real(base)->pMethods->xFileControl(real(base), operation, argument);
}

static int sector_size(sqlite3_file *base) {
    return real(base)->pMethods->xSectorSize(real(base));
}

static int characteristics(sqlite3_file *base) {
    return real(base)->pMethods->xDeviceCharacteristics(real(base));
}

static int shm_map(sqlite3_file *base, int region, int bytes, int extend, void volatile **out) {
    return real(base)->pMethods->xShmMap(real(base), region, bytes, extend, out);
}

static int shm_lock(sqlite3_file *base, int first, int count, int flags) {
    return real(base)->pMethods->xShmLock(real(base), first, count, flags);
}

static void shm_barrier(sqlite3_file *base) {
    real(base)->pMethods->xShmBarrier(real(base));
}

static int shm_unmap(sqlite3_file *base, int delete) {
    return real(base)->pMethods->xShmUnmap(real(base), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags) {
    struct fault_file *file = fault_file(base);
    int failed = failure(VFS_FAULT_OPEN);
    (void)vfs;
    memset(file, 0, sizeof *file);
    if (failed)
        return failed;
    file->real = (sqlite3_file *)(file + 1);
    failed = below->xOpen(below, name, file->real, flags, out_flags);
    if (!file->real->pMethods)
        return failed;
    base->pMethods = &methods;
    if (name && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
        file->path = must(strdup(name));
    return failed;
}

void vfs_fault_install(void) {
    library = sqlite_library(NULL);
    if (!library || !(below = library->sqlite3_vfs_find(NULL)))
        abort();
    fault = *below;
    fault.zName = "fault";
    fault.pNext = NULL;
    fault.szOsFile = (int)sizeof(struct fault_file) + below->szOsFile;
    fault.xOpen = open_file;
    if (library->sqlite3_vfs_register(&fault, 1) != SQLITE_OK)
        abort();
}
