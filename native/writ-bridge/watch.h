/*
 * What the kernel refuses inside a sandbox, told to `writ` outside. The command runs under a filter that stops it at the calls that matter
 * until a thread of process 1 has looked at them (SECCOMP_RET_USER_NOTIF).
 *
 * - A call of the table below is only looked at: the kernel then does it or refuses it, by mounts, Landlock, namespaces. What we say of it is
 *   foreseen, so whoever changes a path between our look and the kernel's can hide a line or spoil it, and can do nothing else.
 * - Every other call that stops here is one that the filter forbids. It never continues: its answer is an error, ours while we live, the
 *   kernel's when we do not (ENOSYS).
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FILTER_WORDS 4096
#define ANY_NUMBER -1
#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE /* the headers at hand may be older than the kernel */
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1u
#endif

#include "seen.h"
#include "places.h"
#include "files.h"
#include "others.h"

/* ---- calls that are looked at -------------------------------------------------------------------------------------------------------- */

enum kind { OPEN, OPEN2, CREATE, MAKE, NODE, REMOVE, MOVE, CHANGE, CHANGE_LINK, CUT, CONNECT, BIND, SEND_TO, SEND_ONE, SEND_MANY, SIGNAL,
  SIGNAL_TASK, USERS, GROUPS, GROUP_LIST };

/* directory, path: which arguments they are, -1: none. more: flags of an open, mode of a node, how many identities, the second directory of a move */
struct looked { int number; enum kind kind; signed char directory, path, more; };

static const struct looked looked_at[] = {
#ifdef SYS_open
  { SYS_open, OPEN, -1, 0, 1 }, { SYS_creat, CREATE, -1, 0, -1 }, { SYS_mkdir, MAKE, -1, 0, -1 }, { SYS_rmdir, REMOVE, -1, 0, -1 },
  { SYS_unlink, REMOVE, -1, 0, -1 }, { SYS_rename, MOVE, -1, 0, -1 }, { SYS_link, MAKE, -1, 1, -1 }, { SYS_symlink, MAKE, -1, 1, -1 },
  { SYS_mknod, NODE, -1, 0, 1 }, { SYS_chmod, CHANGE, -1, 0, -1 }, { SYS_chown, CHANGE, -1, 0, -1 }, { SYS_lchown, CHANGE_LINK, -1, 0, -1 },
  { SYS_utime, CHANGE, -1, 0, -1 }, { SYS_utimes, CHANGE, -1, 0, -1 }, { SYS_futimesat, CHANGE, 0, 1, -1 },
#endif
#ifdef SYS_renameat
  { SYS_renameat, MOVE, 0, 1, 2 },
#endif
  { SYS_openat, OPEN, 0, 1, 2 }, { SYS_OPENAT2, OPEN2, 0, 1, 2 }, { SYS_mkdirat, MAKE, 0, 1, -1 }, { SYS_unlinkat, REMOVE, 0, 1, -1 },
  { SYS_renameat2, MOVE, 0, 1, 2 }, { SYS_linkat, MAKE, 2, 3, -1 }, { SYS_symlinkat, MAKE, 1, 2, -1 }, { SYS_mknodat, NODE, 0, 1, 2 },
  { SYS_fchmodat, CHANGE, 0, 1, -1 }, { 452, CHANGE, 0, 1, -1 }, { SYS_fchownat, CHANGE_LINK, 0, 1, -1 }, { SYS_utimensat, CHANGE, 0, 1, -1 },
  { SYS_truncate, CUT, -1, 0, -1 }, { SYS_setxattr, CHANGE, -1, 0, -1 }, { SYS_lsetxattr, CHANGE_LINK, -1, 0, -1 },
  { SYS_removexattr, CHANGE, -1, 0, -1 }, { SYS_lremovexattr, CHANGE_LINK, -1, 0, -1 },
  { SYS_connect, CONNECT, -1, -1, -1 }, { SYS_bind, BIND, -1, -1, -1 }, { SYS_sendto, SEND_TO, -1, -1, -1 },
  { SYS_sendmsg, SEND_ONE, -1, -1, -1 }, { SYS_sendmmsg, SEND_MANY, -1, -1, -1 },
  { SYS_kill, SIGNAL, -1, -1, -1 }, { SYS_tkill, SIGNAL, -1, -1, -1 }, { SYS_tgkill, SIGNAL_TASK, -1, -1, -1 },
  { SYS_setuid, USERS, -1, -1, 1 }, { SYS_setreuid, USERS, -1, -1, 2 }, { SYS_setresuid, USERS, -1, -1, 3 },
  { SYS_setgid, GROUPS, -1, -1, 1 }, { SYS_setregid, GROUPS, -1, -1, 2 }, { SYS_setresgid, GROUPS, -1, -1, 3 },
  { SYS_setgroups, GROUP_LIST, -1, -1, -1 },
};

static const struct looked *looked_of(int number) {
  for (size_t at = 0; at < sizeof looked_at / sizeof *looked_at; at++)
    if (looked_at[at].number == number) return &looked_at[at];
  return NULL;
}

static void look_at_opened(const struct asked *asked, const struct looked *call) {
  struct place place;
  uint64_t flags = call->kind == CREATE ? O_CREAT | O_WRONLY | O_TRUNC : 0;
  if (call->kind == OPEN) flags = asked->args[call->more];
  if (call->kind == OPEN2) {
    ssize_t got = read_memory(asked->task, asked->args[call->more], &flags, sizeof flags);
    if (got < 0) return tell_hidden(asked);
    if (got != sizeof flags) return;
  }
  if (flags & O_PATH) return;
  int follows = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
  char text[PATH_MAX];
  int is_known = read_path(asked, asked->args[call->path], text);
  if (is_known > 0 && (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) == O_RDONLY && is_plainly_readable(text)) return;
  if (is_known > 0) is_known = place_of_text(&place, asked, call->directory, text, follows);
  if (is_known < 0) tell_hidden(asked);
  else if (is_known) look_at_open(asked, &place, flags);
}

static void look_at_move(const struct asked *asked, const struct looked *call) {
  struct place place;
  int is_known = place_of(&place, asked, call->directory, call->path, 0);
  if (is_known < 0) return tell_hidden(asked);
  if (is_known) look_at_removed(asked, &place);
  /* what cannot be taken away is not put anywhere */
  if (is_known && place.missing != 0) return;
  is_known = place_of(&place, asked, call->more, call->more < 0 ? 1 : 3, 0);
  /* nothing takes the place of what is there */
  if (asked->call == SYS_renameat2 && (asked->args[4] & 1) && place.missing == 0) return;
  if (is_known > 0) look_at_replaced(asked, &place);
}

static void look_at_path(const struct asked *asked, const struct looked *call) {
  struct place place;
  int follows = call->kind == CHANGE || call->kind == CUT;
  int is_known = place_of(&place, asked, call->directory, call->path, follows);
  if (is_known < 0) return tell_hidden(asked);
  if (is_known == 0) return;
  if (call->kind == REMOVE) look_at_removed(asked, &place);
  else if (call->kind == CUT) look_at_open(asked, &place, O_WRONLY);
  else if (follows || call->kind == CHANGE_LINK) look_at_changed(asked, &place);
  else look_at_made(asked, &place);
}

static void look(const struct asked *asked, const struct looked *call) {
  const uint64_t *args = asked->args;
  switch (call->kind) {
    case OPEN: case OPEN2: case CREATE: return look_at_opened(asked, call);
    case MOVE: return look_at_move(asked, call);
    case NODE:
      if (S_ISBLK((mode_t)args[call->more]) || S_ISCHR((mode_t)args[call->more])) return tell("call", asked->call, "", 0);
      return look_at_path(asked, call);
    case CONNECT: return look_at_address(asked, args[1], args[2], 0);
    case BIND: return look_at_address(asked, args[1], args[2], 1);
    case SEND_TO: return look_at_address(asked, args[4], args[5], 0);
    case SEND_ONE: return look_at_messages(asked, 1, 0);
    case SEND_MANY: return look_at_messages(asked, args[2], sizeof(struct mmsghdr));
    case SIGNAL: return look_at_signal(asked, (pid_t)args[0]);
    case SIGNAL_TASK: return look_at_signal(asked, (pid_t)args[0]);
    case USERS: return look_at_identity(asked, call->more, (uint32_t)geteuid());
    case GROUPS: return look_at_identity(asked, call->more, (uint32_t)getegid());
    case GROUP_LIST: return tell("identity", asked->call, "groups", 6);
    default: return look_at_path(asked, call);
  }
}

#if defined(__x86_64__)
#define OWN_NUMBERS 0xc000003eu
#define IS_X32(number) (((unsigned)(number) & 0x40000000u) != 0)
#elif defined(__aarch64__)
#define OWN_NUMBERS 0xc00000b7u
#define IS_X32(number) 0
#else
#error "there is no filter for this processor"
#endif

/* ---- calls that are refused ---------------------------------------------------------------------------------------------------------- */

#define CLONE3 435
#define NAMESPACES 0x7e020080u
#define IS_RAW(type) (((type) & 0xf) == SOCK_RAW || ((type) & 0xf) == SOCK_PACKET)

static int refuse_socket(const struct asked *asked) {
  char operand[48];
  int family = (int)asked->args[0], type = (int)asked->args[1];
  int length = snprintf(operand, sizeof operand, "%d/%d", family, type & 0xf);
  tell("call", asked->call, operand, (size_t)length);
  return (family == AF_INET || family == AF_INET6) && IS_RAW(type) ? EPERM : EAFNOSUPPORT;
}

/* Every thread of a C library asks for it before it asks for clone: told is who wants a namespace by it. */
static int refuse_clone3(const struct asked *asked) {
  uint64_t flags = 0;
  ssize_t got = read_memory(asked->task, asked->args[0], &flags, sizeof flags);
  if (got < 0) tell_hidden(asked);
  else if (flags & NAMESPACES) tell("call", asked->call, "", 0);
  return ENOSYS;
}

static void tell_other(int number) {
  const char *which = IS_X32(number) ? "x32" : "32-bit";
  tell("other-numbers", ANY_NUMBER, which, strlen(which));
}

/* @returns the error that it is answered with */
static int refuse(const struct asked *asked, int is_other) {
  char operand[24];
  if (is_other) return tell_other(asked->call), ENOSYS;
  if (asked->call == SYS_socket) return refuse_socket(asked);
  if (asked->call == CLONE3) return refuse_clone3(asked);
  int length = asked->call == SYS_ioctl ? snprintf(operand, sizeof operand, "%x", (unsigned)asked->args[1]) : 0;
  tell("call", asked->call, operand, (size_t)length);
  return EPERM;
}

/* ---- filters ------------------------------------------------------------------------------------------------------------------------- */

struct filter { struct sock_filter words[FILTER_WORDS]; struct sock_fprog program; };

static void read_filter(struct filter *filter, int fd) {
  size_t have = 0;
  ssize_t got;
  while ((got = read(fd, (char *)filter->words + have, sizeof filter->words - have)) > 0) have += (size_t)got;
  close(fd);
  if (got < 0 || have == 0 || have % sizeof(struct sock_filter) != 0) { errno = EINVAL; fault("a filter"); }
  filter->program = (struct sock_fprog){ (unsigned short)(have / sizeof(struct sock_filter)), filter->words };
}

static long set_filter(const struct filter *filter, unsigned flags) {
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter->program);
}

/* ---- the thread ---------------------------------------------------------------------------------------------------------------------- */

/* The one place where something passes: of our own numbers, and of the table. */
static void answer(const struct seccomp_notif *stopped, struct seccomp_notif_resp *said) {
  uint64_t args[6];
  for (int at = 0; at < 6; at++) args[at] = stopped->data.args[at];
  struct asked asked = { (pid_t)stopped->pid, stopped->data.nr, args };
  int is_other = stopped->data.arch != OWN_NUMBERS || IS_X32(stopped->data.nr);
  const struct looked *call = is_other ? NULL : looked_of(stopped->data.nr);
  said->id = stopped_id = stopped->id;
  if (call == NULL) said->error = -refuse(&asked, is_other);
  else {
    is_hidden = 0;
    look(&asked, call);
    if (is_hidden) said->error = -EPERM;
    else said->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  }
}

/* @param wall what this thread is under itself, before it answers anybody */
static void *watch(void *wall) {
  static union { struct seccomp_notif it; char room[512]; } stopped;
  static union { struct seccomp_notif_resp it; char room[256]; } said;
  if (set_filter(wall, 0) != 0) fault("seccomp");
  for (;;) {
    memset(&stopped, 0, sizeof stopped);
    memset(&said, 0, sizeof said);
    if (ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &stopped.it) != 0) {
      if (errno == EINTR || errno == ENOENT) continue;
      return NULL;
    }
    answer(&stopped.it, &said.it);
    ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &said.it);
  }
}

/* ---- what the kernel can do ---------------------------------------------------------------------------------------------------------- */

#define WAIT_KILLABLE (1u << 5) /* Linux 5.19: a signal does not ask again what is being looked at */
#define WAKE_HERE 1ul           /* Linux 6.6: who looks runs where the one who asked ran */
#define SET_FLAGS _IOW('!', 4, uint64_t)

/* @returns a listener for what this filter stops, -1 where the kernel has none */
static int listen_by(const struct filter *filter) {
  long fd = set_filter(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE);
  if (fd < 0 && errno == EINVAL) fd = set_filter(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (fd >= 0) ioctl((int)fd, SET_FLAGS, WAKE_HERE);
  return (int)fd;
}

/* Tried in a process that is thrown away: a filter cannot be taken off again. `Continue` came later (5.5) than the rest (5.0). */
static int can_watch(void) {
  struct seccomp_notif_sizes sizes;
  if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0 || sizes.seccomp_notif > 512 || sizes.seccomp_notif_resp > 256) return 0;
  pid_t child = fork();
  if (child == 0) {
    static struct filter pass = { .words = { { 0x06, 0, 0, SECCOMP_RET_ALLOW } } };
    pass.program = (struct sock_fprog){ 1, pass.words };
    struct seccomp_notif_resp said = { .id = 1, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
    int fd = listen_by(&pass);
    /* nobody is waiting: that is what a kernel says that knows the flag */
    _exit(fd >= 0 && ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &said) != 0 && errno == ENOENT ? 0 : 1);
  }
  int status = 1;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return child > 0 && status == 0;
}
