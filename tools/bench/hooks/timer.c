/*
 * timer EVENT ROUNDS { COUNT PROGRAM ARGUMENT... }...
 * Runs each program once a round with EVENT on stdin, and prints: its place, its exit code, nanoseconds from spawn to exit.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void run(int place, const char *event, char **command) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, event, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    int status = -1;
    pid_t child;
    long long begun = now();
    if (posix_spawn(&child, command[0], &files, NULL, command, environ) == 0) waitpid(child, &status, 0);
    long long ended = now();
    printf("%d %d %lld\n", place, WIFEXITED(status) ? WEXITSTATUS(status) : -1, ended - begun);
    posix_spawn_file_actions_destroy(&files);
}

int main(int count, char **arguments) {
    char *commands[16][32] = {{0}};
    int kinds = 0;
    for (int at = 3; at < count && kinds < 16; kinds++) {
        int words = atoi(arguments[at++]);
        for (int i = 0; i < words && i < 31 && at < count; i++) commands[kinds][i] = arguments[at++];
    }
    for (int round = atoi(arguments[2]); round > 0; round--)
        for (int place = 0; place < kinds; place++) run(place, arguments[1], commands[place]);
    return 0;
}
