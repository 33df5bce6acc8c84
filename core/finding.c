#include "finding.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static sluice_text keep(struct findings *findings, sluice_text text) {
    sluice_text copy = arena_copy(&findings->arena, text);
    findings->failed = findings->failed || (text.ptr && !copy.ptr);
    char *at = (char *)(uintptr_t)copy.ptr;
    for (uint64_t i = 0; i < copy.len && at; i++)
        if ((unsigned char)at[i] < ' ' || at[i] == 127)
            at[i] = ' ';
    return copy;
}

void findings_add(struct findings *findings, const sluice_finding *finding) {
    sluice_finding whole = {0};
    memcpy(&whole, finding, finding->size < sizeof whole ? finding->size : sizeof whole);
    if (findings->count == findings->room) {
        size_t room = findings->room ? 2 * findings->room : 16;
        sluice_finding *more = realloc(findings->items, room * sizeof *more);
        if (!more) {
            findings->failed = true;
            return;
        }
        findings->items = more;
        findings->room = room;
    }
    findings->items[findings->count++] = (sluice_finding){.size = sizeof whole,
                                                          .code = keep(findings, whole.code),
                                                          .what = keep(findings, whole.what),
                                                          .text = keep(findings, whole.text),
                                                          .remedy = keep(findings, whole.remedy)};
}

bool findings_have(const struct findings *findings, const sluice_finding *finding) {
    for (size_t i = 0; i < findings->count; i++)
        if (text_equal(findings->items[i].code, finding->code) &&
            text_equal(findings->items[i].what, finding->what))
            return true;
    return false;
}

void findings_free(struct findings *findings) {
    free(findings->items);
    arena_free(&findings->arena);
    *findings = (struct findings){0};
}
