/* support.h - what several unit tests need: a directory of their own, and what was printed. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail     /* the core has a function of that name, */
#undef fail_msg /* so this one can't be written with it */
#define fail_msg(...) \
    do { \
        print_error(__VA_ARGS__); \
        print_error("\n"); \
        _fail(__FILE__, __LINE__); \
    } while (0)

/* A fresh directory; removed with all that is in it by support_remove. */
const char *support_dir(char room[64]);
void support_remove(const char *dir);
/* DIR/NAME. Returns `room`. */
const char *support_path(char room[256], const char *dir, const char *name);
void support_write(const char *path, const char *bytes, size_t length);

/* What goes to a file descriptor (1, 2) from now on; support_captured ends it and returns the text, which the
 * caller frees. One at a time for each descriptor. */
void support_capture(int fd);
char *support_captured(int fd);

#endif
