#include "wal_vfs.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite_library.h"

enum {
    /* SQLite's own layer writes no more than 128 KiB at once. */
    JOINED_BYTES = 96 * 1024,
    WRITE_LOCK = 0 /* the lock byte that a writer holds in WAL mode: a part of SQLite's file format */
};

struct joined_file {
    sqlite3_file base;
    sqlite3_file *real;        /* behind this struct, in SQLite's memory */
    struct joined_file *other; /* of a database its log, of a log its database; NULL: none */
    bool is_log;
    char *bytes; /* written, but not yet handed on: a log's only */
    int used;
    sqlite3_int64 offset;
};

static sqlite3_vfs *below;

static struct joined_file *joined(sqlite3_file *file) {
    return (struct joined_file *)file;
}

static int flush(struct joined_file *file) {
    int used = file->used;
    file->used = 0;
    return used ? file->real->pMethods->xWrite(file->real, file->bytes, used, file->offset) : SQLITE_OK;
}

static int close_file(sqlite3_file *base) {
    struct joined_file *file = joined(base);
    int failed = flush(file);
    if (file->other)
        file->other->other = NULL;
    free(file->bytes);
    int result = file->real->pMethods->xClose(file->real);
    return result ? result : failed;
}

static int read_file(sqlite3_file *base, void *out, int bytes, sqlite3_int64 offset) {
    struct joined_file *file = joined(base);
    int failed = flush(file);
    return failed ? failed : file->real->pMethods->xRead(file->real, out, bytes, offset);
}

static int write_file(sqlite3_file *base, const void *from, int bytes, sqlite3_int64 offset) {
    struct joined_file *file = joined(base);
    if (!file->is_log || bytes > JOINED_BYTES) {
        int failed = flush(file);
        return failed ? failed : file->real->pMethods->xWrite(file->real, from, bytes, offset);
    }
    if (file->used && (file->offset + file->used != offset || file->used + bytes > JOINED_BYTES)) {
        int failed = flush(file);
        if (failed)
            return failed;
    }
    if (!file->bytes && !(file->bytes = malloc(JOINED_BYTES)))
        return SQLITE_IOERR_NOMEM;
    if (!file->used)
        file->offset = offset;
    memcpy(file->bytes + file->used, from, (size_t)bytes);
    file->used += bytes;
    return SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
    struct joined_file *file = joined(base);
    int failed = flush(file);
    return failed ? failed : file->real->pMethods->xTruncate(file->real, size);
}

static int sync_file(sqlite3_file *base, int flags) {
    struct joined_file *file = joined(base);
    int failed = flush(file);
    return failed ? failed : file->real->pMethods->xSync(file->real, flags);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    struct joined_file *file = joined(base);
    int failed = flush(file);
    return failed ? failed : file->real->pMethods->xFileSize(file->real, size);
}

/* ---- the rest is handed on as it is -------------------------------------------------------- */

static int lock_file(sqlite3_file *base, int level) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xLock(real, level);
}

static int unlock_file(sqlite3_file *base, int level) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xUnlock(real, level);
}

static int check_reserved_lock(sqlite3_file *base, int *out) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xCheckReservedLock(real, out);
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xFileControl(real, operation, argument);
}

static int sector_size(sqlite3_file *base) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xSectorSize(real);
}

static int characteristics(sqlite3_file *base) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xDeviceCharacteristics(real);
}

static int shm_map(sqlite3_file *base, int region, int bytes, int extend, void volatile **out) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xShmMap(real, region, bytes, extend, out);
}

/* Whoever takes the write lock next writes to the same places of the log: nothing may come after. */
static int shm_lock(sqlite3_file *base, int first, int count, int flags) {
    struct joined_file *file = joined(base);
    int failed = SQLITE_OK;
    if (file->other && first == WRITE_LOCK && (flags & SQLITE_SHM_UNLOCK))
        failed = flush(file->other);
    int result = file->real->pMethods->xShmLock(file->real, first, count, flags);
    return result ? result : failed;
}

static void shm_barrier(sqlite3_file *base) {
    sqlite3_file *real = joined(base)->real;
    real->pMethods->xShmBarrier(real);
}

static int shm_unmap(sqlite3_file *base, int delete) {
    sqlite3_file *real = joined(base)->real;
    return real->pMethods->xShmUnmap(real, delete);
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

static const struct sqlite_library *library;

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags) {
    struct joined_file *file = joined(base);
    (void)vfs;
    memset(file, 0, sizeof *file);
    file->real = (sqlite3_file *)(file + 1);
    file->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    int failed = below->xOpen(below, name, file->real, flags, out_flags);
    if (!file->real->pMethods)
        return failed;
    base->pMethods = &methods;
    if (!failed && file->is_log) {
        file->other = joined(library->sqlite3_database_file_object(name));
        file->other->other = file;
    }
    return failed;
}

static sqlite3_vfs vfs_object;
static bool registered;

static void register_vfs(void) {
    library = sqlite_library(NULL);
    below = library ? library->sqlite3_vfs_find(NULL) : NULL;
    if (!below)
        return;
    vfs_object = *below;
    vfs_object.zName = "sluice-wal";
    vfs_object.pNext = NULL;
    vfs_object.szOsFile = (int)sizeof(struct joined_file) + below->szOsFile;
    vfs_object.xOpen = open_file;
    registered = library->sqlite3_vfs_register(&vfs_object, 0) == SQLITE_OK;
}

/* Somebody whose file system doesn't get along with it must be able to do without. */
static bool switched_off(void) {
    const char *value = getenv("SLUICE_WAL_VFS");
    return value && (strcmp(value, "0") == 0 || strcmp(value, "false") == 0);
}

const char *wal_vfs(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_vfs);
    if (!registered)
        return NULL;
    return switched_off() ? below->zName : vfs_object.zName;
}
