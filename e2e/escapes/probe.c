/* One attempt at leaving a sandbox per run: exit 0 when it worked, 1 when it was refused. Built and used by escapes.e2e.ts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int done(long result) {
  if (result < 0) fprintf(stderr, "%s\n", strerror(errno));
  return result < 0;
}

static int child_of_clone(void *unused) { (void)unused; return 0; }

static int with_clone(int flags) {
  static char stack[65536];
  pid_t child = clone(child_of_clone, stack + sizeof stack, flags | SIGCHLD, NULL);
  if (child > 0) waitpid(child, NULL, 0);
  return done(child);
}

static int by_clone3(void) {
  uint64_t arguments[11] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD };
  long child = syscall(435, arguments, sizeof arguments);
  if (child == 0) _exit(0);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
  return done(child);
}

static int unix_socket(const char *name, int is_abstract) {
  struct sockaddr_un there = { .sun_family = AF_UNIX };
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(there.sun_path + is_abstract, name, sizeof there.sun_path - 2);
  /* the name of an abstract socket is as long as its owner said: with or without the zeros behind it */
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
  if (is_abstract && connect(fd, (struct sockaddr *)&there, size) == 0) return 0;
  return done(connect(fd, (struct sockaddr *)&there, sizeof there));
}

static int typing(void) {
  int terminal = open("/dev/tty", O_RDWR);
  if (terminal < 0) terminal = 0;
  return done(ioctl(terminal, TIOCSTI, "x"));
}

static int memory_of(pid_t pid) {
  char byte;
  struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };
  return done(syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0)) ;
}

/* Closed to everybody's eyes first: what it does then could not be looked at. */
static int closed(const char *path) {
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return done(-1);
  return done(open(path, O_RDONLY));
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "", *of = count > 2 ? words[2] : "";
  pid_t pid = (pid_t)atoi(of);
  if (!strcmp(what, "raw")) return done(socket(AF_INET, SOCK_RAW, 1));
  if (!strcmp(what, "raw6")) return done(socket(AF_INET6, SOCK_RAW, 58));
  if (!strcmp(what, "packet")) return done(socket(AF_PACKET, SOCK_RAW, 0));
  if (!strcmp(what, "vsock")) return done(socket(40, SOCK_STREAM, 0));
  if (!strcmp(what, "netfilter")) return done(socket(AF_NETLINK, SOCK_RAW, 12));
  if (!strcmp(what, "alg")) return done(socket(38, SOCK_SEQPACKET, 0));
  if (!strcmp(what, "abstract")) return unix_socket(of, 1);
  if (!strcmp(what, "unix")) return unix_socket(of, 0);
  if (!strcmp(what, "mount")) return done(mount("none", "/tmp", "tmpfs", 0, NULL));
  if (!strcmp(what, "remount")) return done(mount(NULL, of, NULL, MS_REMOUNT | MS_BIND, NULL));
  if (!strcmp(what, "umount")) return done(umount2(of, MNT_DETACH));
  if (!strcmp(what, "open-tree")) return done(syscall(428, AT_FDCWD, of, 1));
  if (!strcmp(what, "unshare-user")) return done(unshare(CLONE_NEWUSER));
  if (!strcmp(what, "unshare-net")) return done(unshare(CLONE_NEWNET));
  if (!strcmp(what, "clone-user")) return with_clone(CLONE_NEWUSER);
  if (!strcmp(what, "clone3-user")) return by_clone3();
  if (!strcmp(what, "setns")) { int fd = open(of, O_RDONLY); return done(fd < 0 ? -1 : setns(fd, 0)); }
  if (!strcmp(what, "ptrace")) return done(ptrace(PTRACE_ATTACH, pid, 0, 0));
  if (!strcmp(what, "memory")) return memory_of(pid);
  if (!strcmp(what, "kill")) return done(kill(pid, SIGKILL));
  if (!strcmp(what, "io-uring")) { char parameters[120] = { 0 }; return done(syscall(425, 2, parameters)); }
  if (!strcmp(what, "bpf")) { char attributes[120] = { 0 }; return done(syscall(SYS_bpf, 0, attributes, sizeof attributes)); }
  if (!strcmp(what, "keyctl")) return done(syscall(SYS_keyctl, 0, -3, 1));
  if (!strcmp(what, "userfaultfd")) return done(syscall(SYS_userfaultfd, 1));
  if (!strcmp(what, "tiocsti")) return typing();
  if (!strcmp(what, "closed")) return closed(of);
  if (!strcmp(what, "chroot")) return done(chroot("/tmp"));
  if (!strcmp(what, "device")) return done(mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)));
  if (!strcmp(what, "setuid")) return done(setuid(geteuid() == 0 ? 12345 : 0));
  if (!strcmp(what, "handle")) { char handle[64] = { 8 }; return done(syscall(SYS_open_by_handle_at, AT_FDCWD, handle, 0)); }
#ifdef __x86_64__
  if (!strcmp(what, "x32")) return done(syscall(0x40000000 | 165, "none", "/tmp", "tmpfs", 0, NULL));
  if (!strcmp(what, "int80")) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20));
    return result < 0;
  }
#endif
  fprintf(stderr, "what is %s?\n", what);
  return 3;
}
