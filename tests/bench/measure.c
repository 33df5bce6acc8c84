/* measure.c - runs commands in turn, again and again, and prints what each of them cost.
 *
 *     measure [-n RUNS] [-w WARM-UPS] [-p PREPARE] -- COMMAND [ARGUMENT]… [--- COMMAND [ARGUMENT]…]…
 *
 * One line a command: the median of the CPU time (user and system, children included), the median of the
 * elapsed time, both in microseconds, the largest resident set in KiB, and when the last run ended on the
 * monotonic clock in microseconds. Commands take turns, so that a machine that is busy for a while is busy
 * for each of them. PREPARE is a shell command that runs before each of them and isn't measured. Output of
 * the commands goes nowhere, their messages to standard error. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS = 8, RUNS = 10000 };

struct command {
    char **argv;
    int64_t *cpu_us, *wall_us;
    int64_t rss_kib, ended_us;
};

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t micros(struct timeval t) {
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static void give_up(const char *what, const char *why) {
    fprintf(stderr, "measure: %s: %s\n", what, why);
    exit(70);
}

static void run(struct command *command, int index) {
    posix_spawn_file_actions_t files;
    struct rusage used;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int64_t begun = now_us();
    int failed = posix_spawnp(&pid, command->argv[0], &files, NULL, command->argv, environ);
    if (failed)
        give_up(command->argv[0], strerror(failed));
    while (wait4(pid, &status, 0, &used) < 0)
        if (errno != EINTR)
            give_up(command->argv[0], strerror(errno));
    command->ended_us = now_us();
    posix_spawn_file_actions_destroy(&files);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up(command->argv[0], WIFEXITED(status) ? "it failed" : "it was killed");
    if (index < 0)
        return;
    command->wall_us[index] = command->ended_us - begun;
    command->cpu_us[index] = micros(used.ru_utime) + micros(used.ru_stime);
    if (used.ru_maxrss > command->rss_kib)
        command->rss_kib = used.ru_maxrss;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t median(int64_t *values, int count) {
    qsort(values, (size_t)count, sizeof *values, ascending);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static int read_number(const char *text, int least) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || value < least || value > RUNS)
        give_up(text, "is no number of runs");
    return (int)value;
}

/* Cuts argv at each "---". */
static int take_commands(char **argv, struct command *commands, int runs) {
    int count = 0;
    for (char **word = argv; *word; word++) {
        if (count == COMMANDS)
            give_up(*word, "too many commands");
        struct command *command = &commands[count++];
        command->argv = word;
        command->cpu_us = calloc((size_t)runs, sizeof *command->cpu_us);
        command->wall_us = calloc((size_t)runs, sizeof *command->wall_us);
        if (!command->cpu_us || !command->wall_us)
            give_up(*word, "out of memory");
        while (word[1] && strcmp(word[1], "---") != 0)
            word++;
        if (!word[1])
            break;
        *++word = NULL;
    }
    return count;
}

int main(int argc, char **argv) {
    struct command commands[COMMANDS] = {0};
    int runs = 1, warm_ups = 0, option;
    const char *prepare = NULL;
    while ((option = getopt(argc, argv, "+n:w:p:")) != -1) {
        if (option == 'n')
            runs = read_number(optarg, 1);
        else if (option == 'w')
            warm_ups = read_number(optarg, 0);
        else if (option == 'p')
            prepare = optarg;
        else
            return 64;
    }
    int count = take_commands(argv + optind, commands, runs);
    if (!count)
        return fputs("usage: measure [-n RUNS] [-w WARM-UPS] [-p PREPARE] -- COMMAND… [--- COMMAND…]…\n",
                     stderr),
               64;
    for (int i = -warm_ups; i < runs; i++)
        for (int c = 0; c < count; c++) {
            if (prepare && system(prepare) != 0)
                give_up(prepare, "it failed");
            run(&commands[c], i);
        }
    for (int c = 0; c < count; c++)
        printf("%lld %lld %lld %lld\n", (long long)median(commands[c].cpu_us, runs),
               (long long)median(commands[c].wall_us, runs), (long long)commands[c].rss_kib,
               (long long)commands[c].ended_us);
    return 0;
}
