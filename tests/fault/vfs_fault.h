/* vfs_fault.h - a file layer for SQLite on which things go wrong, for tests.
 *
 * It fails the operations that a test asks it to fail, and it knows what has not been synced: after
 * vfs_fault_crash the disk holds what a machine that lost its power would find. Processes that are
 * killed can't show that, since the system keeps what they have written. */
#ifndef TESTS_VFS_FAULT_H
#define TESTS_VFS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum vfs_fault_operation {
    VFS_FAULT_OPEN = 1,
    VFS_FAULT_READ = 2,
    VFS_FAULT_WRITE = 4,
    VFS_FAULT_SYNC = 8,
    VFS_FAULT_TRUNCATE = 16
};

/* Make it the layer that databases are opened with. Once, before the first is opened. */
void vfs_fault_install(void);
/* From now on, let the nth of these operations (from 1) fail with SQLite's `code`; `stays`: all after it
 * fail, too. What fails has no effect. */
void vfs_fault_fail(unsigned operations, uint64_t nth, int code, bool stays);
/* No more failures. */
void vfs_fault_clear(void);
/* How many operations of those there were since vfs_fault_fail. */
uint64_t vfs_fault_seen(void);
/* Bytes that were written, but not synced. */
uint64_t vfs_fault_unsynced(void);

/* The power fails: no operation succeeds any more. Then close all databases. */
void vfs_fault_crash(void);
/* Undo what wasn't synced; with a `seed`, a part of it (in any order) did reach the disk. */
void vfs_fault_reboot(uint32_t seed);

#endif
