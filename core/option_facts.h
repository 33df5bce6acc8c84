/* option_facts.h - what there is to know of an option before its sentence of help. */
#ifndef CORE_OPTION_FACTS_H
#define CORE_OPTION_FACTS_H

#include <stddef.h>

#include <sluice/option.h>

/* "number, 1 to 100, default 1" */
void option_facts(const sluice_option *row, char *out, size_t room);

#endif
