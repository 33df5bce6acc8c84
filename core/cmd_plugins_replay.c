#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_plugins.h"
#include "transcript.h"

enum { EXIT_FINDINGS = 1 };

static int write_back(const char *path, const struct transcript *transcript, sluice_error *error) {
    FILE *out = fopen(path, "we");
    bool written = out && fwrite(transcript->text, 1, transcript->length, out) == transcript->length;
    if (out && fclose(out) == 0 && written)
        return 0;
    return fail(error, SLUICE_E_CANTCREAT, "%s: can't be written: %s", path, strerror(errno));
}

static int replay(struct program *program, struct registry *registry, const char *path, bool *found) {
    struct transcript transcript;
    bool accept = arguments_has(&program->arguments, "accept");
    int failed = transcript_replay(path, registry, stdout, &transcript, &program->error);
    if (!failed && accept && !transcript.same)
        failed = write_back(path, &transcript, &program->error);
    bool good = !failed && !transcript.mistakes && (transcript.same || accept);
    *found |= !good;
    if (good && !program->quiet)
        printf("%s: %u call%s, %s\n", path, transcript.calls, transcript.calls == 1 ? "" : "s",
               transcript.same ? "as it stands there" : "written");
    free(transcript.text);
    return failed;
}

int plugins_replay(struct program *program, struct registry *registry) {
    const struct arguments *arguments = &program->arguments;
    bool found = false;
    int failed = 0;
    for (size_t i = 1; !failed && i < arguments->operand_count; i++)
        failed = replay(program, registry, arguments->operands[i], &found);
    return failed ? failed : found ? EXIT_FINDINGS : 0;
}
