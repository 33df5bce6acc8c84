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

int main(int argc, char **argv) {
    guard_process();
    return command_main(argc > 0 ? (size_t)argc - 1 : 0, (const char *const *)argv + (argc > 0));
}
