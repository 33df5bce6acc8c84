/* yaml_error.h - what is wrong with a file that isn't YAML, said so that it can be put right. */
#ifndef CORE_YAML_ERROR_H
#define CORE_YAML_ERROR_H

#include <stdbool.h>
#include <yaml.h>

#include "diag.h"

/* False, with the place in `diag`, when there is a byte that isn't UTF-8 or a control character. */
bool yaml_check_bytes(const char *file, sluice_text text, struct diag *diag);

/* Say what libyaml stopped at. */
void yaml_explain(const yaml_parser_t *parser, const char *file, sluice_text text, struct diag *diag);

#endif
