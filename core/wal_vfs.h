/* wal_vfs.h - SQLite's file layer, with the writes to a write-ahead log joined.
 *
 * SQLite writes each page of a commit with two system calls. The ledger commits small groups of orders
 * whose keys are spread over many pages, so that half of the time of a commit went into those calls.
 * Here they are put together and leave as a few large writes: at the latest when the log is synced,
 * which is before SQLite tells anyone of the commit; when the log is read; and before the write lock is
 * given up. For databases with synchronous=FULL only: without a sync the log would be seen too early. */
#ifndef CORE_WAL_VFS_H
#define CORE_WAL_VFS_H

/* The name to open a database with; it stands on the file layer that is the default at the first call. With
 * SLUICE_WAL_VFS=0 in the environment it is that one itself: commits are slower and just as safe. NULL:
 * SQLite can't be loaded. Thread-safe. */
const char *wal_vfs(void);

#endif
