#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "command.h"

/* A full disk or a closed pipe is an error to be told, not a reason to die; and no core dump may hold a
 * secret: the kernel writes none to a file below a page, and at exactly 1 none to a pipe either (core(5)). */
static void guard_process(void) {
    struct rlimit none = {1, 1};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_CORE, &none);
}

/* What is closed stays of no use, but a file that is opened later must not get its number, and then the
 * messages. */
static void guard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            return;
}

int main(int argc, char **argv) {
    guard_descriptors();
    guard_process();
    return command_main(argc > 0 ? (size_t)argc - 1 : 0, (const char *const *)argv + (argc > 0));
}
