#include "command.h"

int main(int argc, char **argv) {
    return command_main(argc > 0 ? (size_t)argc - 1 : 0, (const char *const *)argv + (argc > 0));
}
