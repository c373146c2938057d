/*
 * writ-bridge: the first program inside a sandbox of `writ run`. It starts the command, carries TCP connections of the sandbox's own
 * loopback to the Unix socket of the proxy outside, gives the command a terminal of its own, and ends with the command's exit code.
 *
 *   writ-bridge --listen PORT --to SOCKET --control FD [--tty] [--write PATH]... --wall FD [--watch FD --seen FD] -- COMMAND [ARGUMENT]...
 *
 * Control, a stream socket: we say 'R' when we are in place ('r': and nothing can be told of what the kernel will refuse) and start the
 * command at the first byte 'G' that comes back; every later byte is the number of a signal for the command (28: the terminal outside has
 * another size). Its end means that `writ` is gone: so are we.
 *
 * Wall: the seccomp filter, read from there; we are under it too. Watch: the same, but for what it refuses, and for what others may refuse,
 * it stops and asks us (watch.h), and we tell it on `seen`.
 *
 * The command runs in a Landlock domain where the kernel has one: writing only beneath the --write paths, no signals and no abstract
 * sockets to anything outside the domain, which is us. Without Landlock the mounts of the sandbox are what holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <limits.h>
#include <stddef.h>
#include <unistd.h>

#define MAX_LINKS 400
#define BUFFER 32768
#define EXIT_FAULT 125
#define EXIT_NOT_STARTED 127

struct flow {
  int from, to;
  size_t start, end;
  int ended; /* 1: nothing more to read; 2: and the other side was told */
  char bytes[BUFFER];
};
struct link {
  int inside, outside;
  struct flow out, in;
};

static struct link *links[MAX_LINKS];
static const char *socket_path;
static const char *writable[256];
static int writable_count;

static void fault(const char *what) {
  fprintf(stderr, "writ-bridge: %s: %s\n", what, strerror(errno));
  exit(EXIT_FAULT);
}

#include "watch.h"

/* ---- Landlock ------------------------------------------------------------------------------------------------------------------ */

/* The kernel's own numbers: the headers at hand may be older than the kernel. */
struct ruleset { uint64_t fs, net, scoped; };
struct beneath { uint64_t allowed; int32_t parent; } __attribute__((packed));
#define FS_EXECUTE (1u << 0)
#define FS_WRITE_FILE (1u << 1)
#define FS_READ_FILE (1u << 2)
#define FS_READ_DIR (1u << 3)
#define FS_REFER (1u << 13)
#define FS_TRUNCATE (1u << 14)
#define SCOPE_ABSTRACT_AND_SIGNAL 3u
#define SYS_CREATE_RULESET 444
#define SYS_ADD_RULE 445
#define SYS_RESTRICT_SELF 446
#define SYS_CLOSE_RANGE 436

static void allow_beneath(int ruleset, const char *path, uint64_t rights) {
  int parent = open(path, O_PATH | O_CLOEXEC);
  if (parent < 0) return;
  struct beneath rule = { rights, parent };
  /* of a file only the rights that files have */
  if (syscall(SYS_ADD_RULE, ruleset, 1, &rule, 0) != 0 && errno == EINVAL) {
    rule.allowed &= FS_WRITE_FILE | FS_TRUNCATE;
    syscall(SYS_ADD_RULE, ruleset, 1, &rule, 0);
  }
  close(parent);
}

static void enter_landlock(void) {
  long abi = syscall(SYS_CREATE_RULESET, NULL, 0, 1);
  if (abi < 3 || writable_count == 0) return;
  uint64_t writing = ((1u << 15) - 1) & ~(uint64_t)(FS_EXECUTE | FS_READ_FILE | FS_READ_DIR);
  struct ruleset wanted = { writing, 0, abi >= 6 ? SCOPE_ABSTRACT_AND_SIGNAL : 0 };
  size_t size = abi >= 6 ? sizeof wanted : abi >= 4 ? 16 : 8;
  int ruleset = (int)syscall(SYS_CREATE_RULESET, &wanted, size, 0);
  if (ruleset < 0) fault("Landlock");
  for (int at = 0; at < writable_count; at++) allow_beneath(ruleset, writable[at], writing);
  if (syscall(SYS_RESTRICT_SELF, ruleset, 0) != 0) fault("Landlock");
  close(ruleset);
}

/* ---- the command ---------------------------------------------------------------------------------------------------------------- */

static int open_terminal(char *name, size_t size) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, size) != 0)
    fault("a terminal");
  return master;
}

static void copy_size(int master) {
  struct winsize size;
  if (ioctl(0, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
}

static void take_terminal(const char *name) {
  struct termios modes;
  int known = tcgetattr(0, &modes) == 0;
  setsid();
  int terminal = open(name, O_RDWR);
  if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) != 0) fault(name);
  if (known) {
    /* outside it is raw by now; inside it is an ordinary one */
    modes.c_iflag |= ICRNL | IXON;
    modes.c_oflag |= OPOST | ONLCR;
    modes.c_lflag |= ICANON | ECHO | ECHOE | ECHOK | ISIG | IEXTEN;
    tcsetattr(terminal, TCSANOW, &modes);
  }
  for (int fd = 0; fd <= 2; fd++) dup2(terminal, fd);
  if (terminal > 2) close(terminal);
}

struct starting {
  char **command;
  const char *terminal;
  const struct filter *wall, *watched; /* watched NULL: the kernel cannot */
  int gate[2];                         /* the command waits for a byte in it */
  sem_t is_stopping, is_heard;
  pid_t child;
};

static void become_command(struct starting *starting) {
  sigset_t none;
  char word;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  close(starting->gate[1]);
  if (read(starting->gate[0], &word, 1) != 1) _exit(EXIT_FAULT);
  /* also what was open in who started `writ` leads out of here */
  for (int fd = syscall(SYS_CLOSE_RANGE, 3, ~0u, 0) == 0 ? 0 : (int)sysconf(_SC_OPEN_MAX); fd > 2; fd--) close(fd);
  if (starting->terminal != NULL) take_terminal(starting->terminal);
  else setpgid(0, 0);
  enter_landlock();
  if (starting->watched == NULL && set_filter(starting->wall, 0) != 0) fault("seccomp");
  execvp(starting->command[0], starting->command);
  fprintf(stderr, "writ: %s: %s\n", starting->command[0], strerror(errno));
  _exit(errno == ENOENT ? EXIT_NOT_STARTED : 126);
}

/* A thread that is thrown away: its filter is for what it starts, and the listener is there for the others of us. */
static void *start_watched(void *given) {
  struct starting *starting = given;
  listener_fd = listen_by(starting->watched);
  sem_post(&starting->is_stopping);
  while (sem_wait(&starting->is_heard) != 0) {}
  if (listener_fd >= 0) starting->child = fork();
  if (listener_fd >= 0 && starting->child == 0) become_command(starting);
  return NULL;
}

static void begin_watched(struct starting *starting) {
  pthread_t thread, watcher;
  sem_init(&starting->is_stopping, 0, 0);
  sem_init(&starting->is_heard, 0, 0);
  if (pthread_create(&thread, NULL, start_watched, starting) != 0) fault("a thread");
  while (sem_wait(&starting->is_stopping) != 0) {}
  if (listener_fd < 0) fault("seccomp");
  if (pthread_create(&watcher, NULL, watch, (void *)starting->wall) != 0) fault("a thread");
  sem_post(&starting->is_heard);
  pthread_join(thread, NULL);
}

static pid_t start(struct starting *starting) {
  if (pipe2(starting->gate, O_CLOEXEC) != 0) fault("pipe");
  if (starting->watched != NULL) begin_watched(starting);
  else {
    starting->child = fork();
    if (starting->child == 0) become_command(starting);
  }
  if (starting->child < 0) fault("fork");
  close(starting->gate[0]);
  /* We hold the terminal outside and the control: nobody opens them through /proc, nobody traces us; and nobody is without the wall. */
  prctl(PR_SET_DUMPABLE, 0);
  if (set_filter(starting->wall, 0) != 0) fault("seccomp");
  if (write(starting->gate[1], "G", 1) != 1) fault("pipe");
  close(starting->gate[1]);
  return starting->child;
}

/* ---- connections ---------------------------------------------------------------------------------------------------------------- */

static int listen_on(int port) {
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) fault("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 128) != 0) fault("listen");
  return listener;
}

static int reach_outside(void) {
  struct sockaddr_un there = { .sun_family = AF_UNIX };
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  strncpy(there.sun_path, socket_path, sizeof there.sun_path - 1);
  if (connect(fd, (struct sockaddr *)&there, sizeof there) != 0) {
    close(fd);
    return -1;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

static void accept_one(int listener) {
  int inside = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), slot = 0;
  if (inside < 0) return;
  while (slot < MAX_LINKS && links[slot] != NULL) slot++;
  int outside = slot < MAX_LINKS ? reach_outside() : -1;
  struct link *made = outside >= 0 ? calloc(1, sizeof *made) : NULL;
  if (made == NULL) {
    if (outside >= 0) close(outside);
    close(inside);
    return;
  }
  int on = 1;
  setsockopt(inside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  made->inside = inside;
  made->outside = outside;
  made->out.from = made->in.to = inside;
  made->out.to = made->in.from = outside;
  links[slot] = made;
}

/* @returns 0 when the connection is broken */
static int move_bytes(struct flow *flow) {
  if (!flow->ended && flow->end < BUFFER) {
    ssize_t got = read(flow->from, flow->bytes + flow->end, BUFFER - flow->end);
    if (got > 0) flow->end += (size_t)got;
    else if (got == 0) flow->ended = 1;
    else if (errno != EAGAIN && errno != EINTR) return 0;
  }
  if (flow->start < flow->end) {
    ssize_t put = send(flow->to, flow->bytes + flow->start, flow->end - flow->start, MSG_NOSIGNAL);
    if (put > 0) flow->start += (size_t)put;
    else if (put < 0 && errno != EAGAIN && errno != EINTR) return 0;
  }
  if (flow->start == flow->end) {
    flow->start = flow->end = 0;
    if (flow->ended == 1) {
      shutdown(flow->to, SHUT_WR);
      flow->ended = 2;
    }
  }
  return 1;
}

static void serve_link(int slot) {
  struct link *link = links[slot];
  int well = move_bytes(&link->out) && move_bytes(&link->in);
  if (well && !(link->out.ended == 2 && link->in.ended == 2)) return;
  close(link->inside);
  close(link->outside);
  free(link);
  links[slot] = NULL;
}

static short wanted(const struct flow *reading, const struct flow *writing) {
  short events = 0;
  if (!reading->ended && reading->end < BUFFER) events |= POLLIN;
  if (writing->start < writing->end) events |= POLLOUT;
  return events;
}

/* ---- the loop -------------------------------------------------------------------------------------------------------------------- */

static int carry(int from, int to) {
  char bytes[BUFFER];
  ssize_t got = read(from, bytes, sizeof bytes);
  if (got <= 0) return got < 0 && (errno == EINTR || errno == EAGAIN);
  for (ssize_t put = 0, more; put < got; put += more) {
    more = write(to, bytes + put, (size_t)(got - put));
    if (more < 0 && errno == EINTR) more = 0;
    else if (more < 0) return 0;
  }
  return 1;
}

static void obey(int control, pid_t child, int master) {
  unsigned char number;
  ssize_t got = read(control, &number, 1);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    exit(EXIT_FAULT);
  }
  if (number == SIGWINCH && master >= 0) copy_size(master);
  else if (number > 0 && number < 32 && kill(-child, number) != 0) kill(child, number);
}

/* We are process 1 of the sandbox: orphans are ours to collect. @returns -1 while the command runs */
static int exit_code_of(pid_t child) {
  int status, code = -1;
  pid_t ended;
  while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
    if (ended == child) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code;
}

static void drain(int master) {
  if (master < 0) return;
  fcntl(master, F_SETFL, O_NONBLOCK);
  struct pollfd ready = { master, POLLIN, 0 };
  while (poll(&ready, 1, 20) > 0 && (ready.revents & POLLIN) && carry(master, 1)) {}
}

static int serve(int listener, int control, int ended, pid_t child, int master) {
  static struct pollfd polled[5 + 2 * MAX_LINKS];
  static int slots[MAX_LINKS];
  int is_typing = master >= 0, is_showing = is_typing;
  for (;;) {
    int count = 0;
    polled[count++] = (struct pollfd){ ended, POLLIN, 0 };
    polled[count++] = (struct pollfd){ control, POLLIN, 0 };
    polled[count++] = (struct pollfd){ listener, POLLIN, 0 };
    polled[count++] = (struct pollfd){ is_typing ? 0 : -1, POLLIN, 0 };
    polled[count++] = (struct pollfd){ is_showing ? master : -1, POLLIN, 0 };
    int first = count, used = 0;
    for (int slot = 0; slot < MAX_LINKS; slot++) {
      if (links[slot] == NULL) continue;
      slots[used++] = slot;
      short in = wanted(&links[slot]->out, &links[slot]->in), out = wanted(&links[slot]->in, &links[slot]->out);
      /* a side that is waited for in no way would report its end for ever */
      polled[count++] = (struct pollfd){ in ? links[slot]->inside : -1, in, 0 };
      polled[count++] = (struct pollfd){ out ? links[slot]->outside : -1, out, 0 };
    }
    if (poll(polled, (nfds_t)count, -1) < 0 && errno != EINTR) fault("poll");
    if (polled[0].revents) {
      struct signalfd_siginfo told;
      while (read(ended, &told, sizeof told) > 0) {}
      int code = exit_code_of(child);
      if (code >= 0) {
        drain(master);
        tell_all();
        return code;
      }
    }
    if (polled[1].revents) obey(control, child, master);
    if (polled[3].revents && !carry(0, master)) is_typing = 0;
    if (polled[4].revents && !carry(master, 1)) is_showing = 0;
    for (int at = 0; at < used; at++)
      if (polled[first + 2 * at].revents || polled[first + 2 * at + 1].revents) serve_link(slots[at]);
    if (polled[2].revents) accept_one(listener);
  }
}

static int watch_children(void) {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigprocmask(SIG_BLOCK, &watched, NULL);
  int fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) fault("signalfd");
  return fd;
}

static void wait_for_word(int control, int is_watching) {
  char word;
  if (write(control, is_watching ? "R" : "r", 1) != 1) fault("control");
  ssize_t got;
  do got = read(control, &word, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1 || word != 'G') exit(EXIT_FAULT);
}

struct options { int port, control, wants_terminal, wall, watch, seen; char **command; };

static int number_option(struct options *options, const char *name, const char *value) {
  const struct { const char *name; int *number; } known[] = { { "--listen", &options->port }, { "--control", &options->control },
    { "--wall", &options->wall }, { "--watch", &options->watch }, { "--seen", &options->seen } };
  for (size_t at = 0; at < sizeof known / sizeof *known; at++)
    if (strcmp(name, known[at].name) == 0) return *known[at].number = atoi(value), 1;
  return 0;
}

static struct options options_of(int count, char **words) {
  struct options options = { 0, -1, 0, -1, -1, -1, NULL };
  int at = 1;
  for (; at < count && strcmp(words[at], "--") != 0; at++) {
    const char *value = at + 1 < count ? words[at + 1] : "";
    if (strcmp(words[at], "--tty") == 0) { options.wants_terminal = 1; continue; }
    if (strcmp(words[at], "--to") == 0) socket_path = value;
    else if (strcmp(words[at], "--write") == 0 && writable_count < 256) writable[writable_count++] = value;
    else if (!number_option(&options, words[at], value)) { fprintf(stderr, "writ-bridge: what is %s?\n", words[at]); exit(EXIT_FAULT); }
    at++;
  }
  if (at + 1 < count && options.port > 0 && socket_path != NULL && options.control >= 0 && options.wall >= 0) {
    options.command = words + at + 1;
    return options;
  }
  fprintf(stderr, "writ-bridge --listen PORT --to SOCKET --control FD [--tty] [--write PATH]... --wall FD [--watch FD --seen FD] -- COMMAND\n");
  exit(EXIT_FAULT);
}

int main(int count, char **words) {
  static struct filter wall, watched;
  struct options options = options_of(count, words);
  char terminal[64];
  int master = -1;
  signal(SIGPIPE, SIG_IGN);
  fcntl(options.control, F_SETFD, FD_CLOEXEC);
  read_filter(&wall, options.wall);
  if (options.watch >= 0) read_filter(&watched, options.watch);
  int is_watching = options.watch >= 0 && options.seen >= 0 && can_watch();
  if (options.seen >= 0) fcntl(options.seen, F_SETFD, FD_CLOEXEC);
  seen_fd = is_watching ? options.seen : -1;
  own_port = options.port;
  int ended = watch_children(), listener = listen_on(options.port);
  wait_for_word(options.control, is_watching);
  if (options.wants_terminal) {
    master = open_terminal(terminal, sizeof terminal);
    copy_size(master);
  }
  struct starting starting = { .command = options.command, .terminal = options.wants_terminal ? terminal : NULL,
    .wall = &wall, .watched = is_watching ? &watched : NULL };
  return serve(listener, options.control, ended, start(&starting), master);
}
