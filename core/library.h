/* library.h - a shared library that is loaded when it is first needed, not when the program starts.
 *
 * Linking libcurl, SQLite, OpenSSL, … would cost every command 9 ms of start-up, `lint` too. A list of
 * symbols makes a struct of function pointers with the library's own types:
 *
 *     #define CURL_SYMBOLS(X) X(curl_easy_init) X(curl_easy_setopt)
 *     struct curl_library { CURL_SYMBOLS(LIBRARY_MEMBER) };
 *     static const char *const names[] = { CURL_SYMBOLS(LIBRARY_NAME) };
 *     library_load("libcurl.so.4", "libcurl4", names, N, (void **)&table, error);
 */
#ifndef CORE_LIBRARY_H
#define CORE_LIBRARY_H

#include <stddef.h>

#include <sluice/base.h>

#define LIBRARY_MEMBER(symbol) __typeof__(symbol) *symbol;
#define LIBRARY_NAME(symbol) #symbol,

/* Load `soname` and look each symbol up; `package` is what to install when it is missing.
 * SLUICE_E_UNAVAILABLE with a sentence. The library stays loaded. */
int library_load(const char *soname, const char *package, const char *const *names, size_t count,
                 void **table, sluice_error *error);

#endif
