/*
 * writ-hook: asks the daemon of this machine about one event of a coding agent's hook (docs/hook-protocol.md).
 *
 *   writ-hook [--observe] [--socket PATH] CLIENT  < event
 *
 * It knows nothing of events and verdicts. It hands on the bytes of stdin, and exits as the daemon says only after one whole frame from a
 * daemon that may answer. Anything else is a deny: a reason on stderr, a deny on stdout, exit code 2; with --observe, a note and exit 0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clients.h"
#include "json.h"

enum {
    MOST_FRAME = 8 * 1024 * 1024, /* what a frame's length may say */
    LENGTH = 4,
    REPLY_HEAD = 1 + LENGTH,
    DEADLINE_SECONDS = 2,
};

/* One event out, then one answer in. One byte more than a frame holds shows that there is more. */
static unsigned char buffer[LENGTH + MOST_FRAME + 1];

static const struct client *asking; /* NULL: the argument names none */
static int observes;
static volatile sig_atomic_t has_answered; /* something is on stdout already */
static volatile sig_atomic_t is_hurried;   /* a signal has come: nothing is waited for any more */

/* --- saying it ------------------------------------------------------------------------------------------------------------------- */

/* After a call that failed: whether to try it again. Files that do not block are waited for; the deadline bounds that. */
static int try_again(int file, short events) {
    struct pollfd ready = {.fd = file, .events = events};
    if (errno == EINTR) return 1;
    return (errno == EAGAIN || errno == EWOULDBLOCK) && !is_hurried && (poll(&ready, 1, -1) > 0 || errno == EINTR);
}

/* False: the reader is gone. */
static int put(int to, const void *bytes, size_t length) {
    const char *from = bytes;
    while (length > 0) {
        ssize_t done = write(to, from, length);
        if (done < 0 && try_again(to, POLLOUT)) continue;
        if (done <= 0) return 0;
        from += done;
        length -= (size_t)done;
    }
    return 1;
}

static int say(int to, const char *text) { return put(to, text, strlen(text)); }

/* Uses nothing that a signal handler may not. */
static _Noreturn void give_up(const char *why) {
    say(STDERR_FILENO, observes ? "writ-hook (observing, not enforced): " : "writ-hook: ");
    say(STDERR_FILENO, why);
    say(STDERR_FILENO, "\n");
    if (!has_answered) {
        has_answered = 1;
        say(STDOUT_FILENO, asking == NULL ? "{\"decision\":\"block\",\"reason\":\"writ-hook: misused\"}"
                           : observes     ? asking->pass
                                          : asking->deny);
    }
    _exit(observes ? 0 : 2);
}

/* A client takes a hook that was killed for one that has no objection, and one that is slow too. */
static void on_signal(int signal) {
    is_hurried = 1; /* whoever does not read must not hold this up */
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    give_up(signal == SIGALRM ? "the daemon did not answer in time" : "stopped by a signal before the answer");
}

static void guard(void) {
    static const int signals[] = {SIGALRM, SIGHUP, SIGINT,  SIGQUIT, SIGTERM,   SIGUSR1, SIGUSR2, SIGSEGV, SIGBUS, SIGFPE,
                                  SIGILL,  SIGABRT, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGSYS,  SIGTRAP, SIGIO};
    struct sigaction action = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    sigset_t none;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* counts on the monotonic clock in Linux and macOS, over everything that follows */
    struct itimerval deadline = {.it_value = {.tv_sec = DEADLINE_SECONDS}};
    setitimer(ITIMER_REAL, &deadline, NULL);
}

/* Nothing that is opened later may become stdout. */
static void hold_standard_files(void) {
    int closed = 0;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) continue;
        closed |= fd != STDERR_FILENO;
        if (open("/dev/null", O_RDWR) != fd) _exit(2);
    }
    if (closed) give_up("stdin or stdout is closed");
}

/* --- asking ---------------------------------------------------------------------------------------------------------------------- */

static void put_length(unsigned char *at, size_t length) {
    for (int i = 0; i < LENGTH; i++) at[i] = (unsigned char)(length >> (24 - 8 * i));
}

static size_t get_length(const unsigned char *at) {
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* Reads up to the end or until `most` bytes are there. */
static size_t take(int from, unsigned char *into, size_t most, const char *fault) {
    size_t length = 0;
    while (length < most) {
        ssize_t got = read(from, into + length, most - length);
        if (got < 0 && try_again(from, POLLIN)) continue;
        if (got < 0) give_up(fault);
        if (got == 0) break;
        length += (size_t)got;
    }
    return length;
}

/* The frame of the event, in the buffer. All of stdin is read whatever it is: a client may take a broken pipe for an error of ours. */
static size_t read_event(void) {
    size_t name = strlen(asking->name);
    memcpy(buffer + LENGTH, asking->name, name);
    buffer[LENGTH + name] = '\n';
    size_t head = LENGTH + name + 1;
    size_t length = head + take(STDIN_FILENO, buffer + head, sizeof buffer - head, "the event cannot be read");
    if (length > LENGTH + MOST_FRAME) {
        while (take(STDIN_FILENO, buffer, sizeof buffer, "the event cannot be read") == sizeof buffer) continue;
        give_up("the event is larger than 8 MiB");
    }
    put_length(buffer, length - LENGTH);
    return length;
}

static void path_of_socket(const char *given, char *into, size_t size) {
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *named = given != NULL ? given : getenv("WRIT_HOOK_SOCKET");
    int length;
    if (named != NULL && *named != '\0') {
        length = snprintf(into, size, "%s", named);
    } else if (runtime != NULL && *runtime != '\0') {
        length = snprintf(into, size, "%s/writ/hook.sock", runtime);
    } else {
        const struct passwd *user = getpwuid(geteuid()); /* $HOME is whatever the agent's settings say */
        if (user == NULL) give_up("this user has no home directory");
        length = snprintf(into, size, "%s/.writ/hook.sock", user->pw_dir);
    }
    if (*into != '/') give_up("the path of the daemon's socket is not absolute");
    if (length < 0 || (size_t)length >= size) give_up("the path of the daemon's socket is too long");
}

static int may_answer(uid_t owner) {
#ifdef WRIT_UID
    return owner == 0 || owner == WRIT_UID; /* the daemon has a user of its own: what the agent starts is not the daemon */
#else
    return owner == 0 || owner == geteuid();
#endif
}

static uid_t peer_of(int daemon) {
#ifdef __linux__
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(daemon, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) give_up("the daemon cannot be identified");
    return peer.uid;
#else
    uid_t uid;
    gid_t gid;
    if (getpeereid(daemon, &uid, &gid) != 0) give_up("the daemon cannot be identified");
    return uid;
#endif
}

static int connect_daemon(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat socket_file;
    if (lstat(path, &socket_file) != 0) give_up("the daemon is not running (there is no socket)");
    if (!S_ISSOCK(socket_file.st_mode)) give_up("where the daemon's socket should be is something else");
    if (!may_answer(socket_file.st_uid)) give_up("the daemon's socket belongs to another user");
    if (strlen(path) >= sizeof address.sun_path) give_up("the path of the daemon's socket is too long");
    strcpy(address.sun_path, path);
    int daemon = socket(AF_UNIX, SOCK_STREAM, 0);
    if (daemon < 0) give_up("no socket can be had");
    while (connect(daemon, (struct sockaddr *)&address, sizeof address) != 0)
        if (errno != EINTR) give_up("the daemon is not running (nobody answers its socket)");
    if (!may_answer(peer_of(daemon))) give_up("the daemon belongs to another user");
    return daemon;
}

/* --- answering ------------------------------------------------------------------------------------------------------------------- */

/* The answer's frame without its length, at the beginning of the buffer. */
static size_t read_answer(int daemon) {
    const char *fault = "the daemon went away in the middle of its answer";
    if (take(daemon, buffer, LENGTH, fault) != LENGTH) give_up("the daemon did not answer");
    size_t length = get_length(buffer);
    if (length < REPLY_HEAD || length > MOST_FRAME) give_up("the daemon's answer has a wrong length");
    size_t got = take(daemon, buffer, length + 1, fault); /* one more: the end must follow */
    if (got < length) give_up(fault);
    if (got > length) give_up("there is more than one answer");
    return length;
}

static int is_blank(const unsigned char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] > ' ') return 0;
    return 1;
}

static _Noreturn void answer(size_t length) {
    unsigned char code = buffer[0];
    const unsigned char *out = buffer + REPLY_HEAD;
    size_t out_length = get_length(buffer + 1);
    if (out_length > length - REPLY_HEAD) give_up("the daemon's answer has a wrong length");
    const unsigned char *err = out + out_length;
    size_t err_length = length - REPLY_HEAD - out_length;
    if (code != 0 && code != 2) give_up("the daemon's answer has an unknown exit code");
    if (code == 2 && is_blank(err, err_length)) give_up("the daemon denied without a reason");
    if (!is_json_object(out, out_length)) give_up("the daemon's answer is not JSON");
    put(STDERR_FILENO, err, err_length);
    has_answered = 1;
    if (!put(STDOUT_FILENO, out, out_length) && code == 0) give_up("nobody reads the answer");
    _exit(code);
}

int main(int count, char **arguments) {
    const char *socket_path = NULL, *name = NULL;
    char path[sizeof((struct sockaddr_un *)0)->sun_path + 1];
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--observe") == 0) observes = 1;
        else if (strcmp(arguments[i], "--socket") == 0 && i + 1 < count) socket_path = arguments[++i];
        else if (name == NULL) name = arguments[i];
        else name = "";
    }
    for (size_t i = 0; name != NULL && i < sizeof CLIENTS / sizeof *CLIENTS; i++)
        if (strcmp(CLIENTS[i].name, name) == 0) asking = &CLIENTS[i];
    observes = observes && asking != NULL;
    guard();
    hold_standard_files();
    if (asking == NULL) give_up("usage: writ-hook [--observe] [--socket PATH] CLIENT");
    size_t event = read_event();
    path_of_socket(socket_path, path, sizeof path);
    int daemon = connect_daemon(path);
    if (!put(daemon, buffer, event)) give_up("the daemon did not take the event");
    shutdown(daemon, SHUT_WR);
    answer(read_answer(daemon));
}
