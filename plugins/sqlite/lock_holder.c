#include "lock_holder.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool is_file(const char *path, unsigned device_major, unsigned device_minor, unsigned long inode) {
    struct stat st;
    return stat(path, &st) == 0 && major(st.st_dev) == device_major && minor(st.st_dev) == device_minor &&
           st.st_ino == inode;
}

/* The pid of a line of /proc/locks ("1: POSIX  ADVISORY  WRITE 4711 fe:00:131 120 120") when it is about
 * the database; 0 otherwise. A lock in WAL mode is on the -shm file, one in rollback mode on the file. */
static long holder_of_line(const char *line, const char *path, const char *shm, bool *writes) {
    char mode[8];
    long pid;
    unsigned device_major, device_minor;
    unsigned long inode;
    if (sscanf(line, "%*d: %*s %*s %7s %ld %x:%x:%lu", mode, &pid, &device_major, &device_minor, &inode) !=
            5 ||
        pid <= 0)
        return 0;
    if (!is_file(path, device_major, device_minor, inode) && !is_file(shm, device_major, device_minor, inode))
        return 0;
    *writes = strcmp(mode, "WRITE") == 0;
    return pid;
}

static long find_holder(const char *path) {
    char shm[4096], line[256];
    long found = 0;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks)
        return 0;
    snprintf(shm, sizeof shm, "%s-shm", path);
    while (fgets(line, sizeof line, locks)) {
        bool writes = false;
        long pid = holder_of_line(line, path, shm, &writes);
        /* Our own locks (a reader of the same run) are the answer only when there is no other. */
        if (pid && (!found || found == getpid() || (writes && pid != getpid())))
            found = pid;
    }
    fclose(locks);
    return found;
}

void lock_holder(const char *path, char *out, size_t room) {
    char file[64], command[64] = "";
    long pid = find_holder(path);
    if (!pid) {
        snprintf(out, room, "another process");
        return;
    }
    snprintf(file, sizeof file, "/proc/%ld/comm", pid);
    FILE *comm = fopen(file, "re");
    if (comm && fgets(command, sizeof command, comm))
        command[strcspn(command, "\n")] = '\0';
    if (comm)
        fclose(comm);
    if (pid == getpid())
        snprintf(out, room, "this process itself (%ld %s)", pid, command);
    else
        snprintf(out, room, "process %ld (%s)", pid, command[0] ? command : "unknown");
}
