/* statedir.h - the directory where runs leave what must outlive them: 0700, made when first needed. */
#ifndef CORE_STATEDIR_H
#define CORE_STATEDIR_H

#include "error.h"

/* Make the directory and those above it. CANTCREAT, or IO when the disk is full or read-only. */
int statedir_make(const char *path, sluice_error *error);

#endif
