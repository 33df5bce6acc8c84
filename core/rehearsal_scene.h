/* rehearsal_scene.h - a pipeline as it is tested: read anew for each run, with other ends and nobody's
 * account.
 *
 * - The source gives the test's records, or reads the test's text in place of its file; one that asks a
 * service stays.
 * - Each sink keeps in memory what it is given. Only one whose file the test asks for stays, and writes into
 *   the test's own directory.
 * - What talks to a provider gets an address that nobody has, and the credentials that the sandbox knows.
 * - The ledger is in the test's own directory, whatever `state` says. */
#ifndef CORE_REHEARSAL_SCENE_H
#define CORE_REHEARSAL_SCENE_H

#include "rehearsal_ends.h"
#include "rehearsal_provider.h"

struct rehearsal_scene {
    struct vars vars;
    struct pipeline *pipeline;
    struct rehearsal_provider provider;
    struct given_rows given;
    struct kept_rows *sinks; /* in the order of the file; those that stay are empty */
    struct kept_rows rejects;
    struct component reject_sink;
    const struct rehearsal_step *step;
};

struct rehearsal_setting {
    const char *file;            /* the pipeline's; absolute */
    const struct pipeline *lint; /* as lint has read it: which components there are */
    const struct rehearsal *test;
    struct registry *registry;
    const char *dir; /* for the sandboxes' books; the working directory is the test's own */
};

/* What is wrong with the file goes to `diag`, all else to `error`. */
int rehearsal_scene_open(struct rehearsal_scene *scene, const struct rehearsal_setting *settings,
                         const struct rehearsal_step *step, struct diag *diag, sluice_error *error);
void rehearsal_scene_close(struct rehearsal_scene *scene);
/* Where a sink writes the file that a test names. False: `room` is too small. */
bool rehearsal_scene_path(sluice_text name, char *out, size_t room);

#endif
