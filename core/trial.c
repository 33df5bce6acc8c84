#include "trial.h"

#include <stdio.h>

#include "descriptor.h"
#include "host.h"

void trial_open(const struct component *component, bool spends, struct diag *diag) {
    char title[120];
    sluice_error error = ERROR_INIT;
    struct instance instance = {
        .type = component->type,
        .self = {.place = title, .spends = spends, .trial = diag, .at = component->at}};
    snprintf(title, sizeof title, "%s '%.80s'", descriptor_kind_name(component->type->kind), component->name);
    if (instance_begin(&instance, component->config, &error))
        diag_add(diag, DIAG_ERROR, component->at, "%s: %s", title, error.text);
    else
        instance_close(&instance);
}
