/* load_guard.h - what is said when a plugin kills the process while it is loaded: a sentence, and exit
 * code 76.
 *
 * Code of a plugin runs before anything of it can be checked. `plugins list` tries each file in a process of
 * its own; a run loads those that its pipeline names, and who reads its log has to be told which of them it
 * was. One at a time. */
#ifndef CORE_LOAD_GUARD_H
#define CORE_LOAD_GUARD_H

/* From now on a deadly signal names the plugin. */
void load_guard_begin(const char *name);
/* It is loaded: signals do what they did before. */
void load_guard_end(void);

#endif
