/* Attacks on who watches, from inside: exit 0 when they did what they are for. Built and used by watch.e2e.ts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETURN(what) { 0x06, 0, 0, (what) }
#define NUMBER { 0x20, 0, 0, 0 }
#define FIRST { 0x20, 0, 0, 16 }
#define UNLESS(value, skipped) { 0x15, 0, (skipped), (value) }

static long filter(struct sock_filter *words, size_t count, unsigned flags) {
  struct sock_fprog program = { (unsigned short)count, words };
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* a listener of its own, that would answer for the one outside */
static int listener(void) {
  struct sock_filter words[] = { NUMBER, UNLESS(SYS_mount, 1), RETURN(SECCOMP_RET_USER_NOTIF), RETURN(SECCOMP_RET_ALLOW) };
  long fd = filter(words, 4, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (fd < 0) perror("listener");
  return fd < 0;
}

/* a filter of its own that allows everything */
static int allowed(void) {
  struct sock_filter words[] = { RETURN(SECCOMP_RET_ALLOW) };
  if (filter(words, 1, 0) != 0) return 2;
  return mount("none", "/tmp", "tmpfs", 0, NULL) != 0;
}

static char flipped[64];
static const char *harmless, *wanted;
static volatile int is_over;
static void *flip(void *unused) {
  (void)unused;
  while (!is_over) {
    memcpy(flipped, harmless, strlen(harmless) + 1);
    memcpy(flipped, wanted, strlen(wanted) + 1);
  }
  return NULL;
}

/* opens a path that another thread changes meanwhile; gets out when what is behind the wanted one is written */
static int race(const char *one, const char *other) {
  pthread_t thread;
  int opened = 0;
  harmless = one;
  wanted = other;
  pthread_create(&thread, NULL, flip, NULL);
  for (int tries = 0; tries < 20000; tries++) {
    int fd = open(flipped, O_WRONLY | O_CREAT, 0600);
    if (fd < 0) continue;
    opened++;
    close(fd);
  }
  is_over = 1;
  pthread_join(thread, NULL);
  printf("opened %d\n", opened);
  return access(other, F_OK) != 0;
}

static void rung(int number) { (void)number; }

/* asks while it is interrupted all the time: every question is answered once. Gets out when one is not */
static int interrupted(void) {
  struct sigaction action = { .sa_handler = rung, .sa_flags = SA_RESTART };
  struct itimerval often = { { 0, 300 }, { 0, 300 } };
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (int tries = 0; tries < 2000; tries++) {
    int fd = open("/etc/passwd", O_RDONLY);
    if (fd < 0) return perror("open"), 0;
    close(fd);
  }
  return 1;
}

/* many that ask at once; gets out when one has no answer */
static int crowd(void) {
  int failed = 0, status;
  for (int child = 0; child < 16; child++)
    if (fork() == 0) {
      for (int tries = 0; tries < 300; tries++) {
        int fd = open("/etc/passwd", O_RDONLY);
        if (fd < 0) _exit(1);
        close(fd);
      }
      _exit(0);
    }
  while (wait(&status) > 0) failed |= status;
  return !failed;
}

/* runs a command on a kernel that does not tell what is stopped */
static int deaf(char **command) {
  struct sock_filter words[] = { NUMBER, UNLESS(SYS_seccomp, 3), FIRST, UNLESS(SECCOMP_GET_NOTIF_SIZES, 1),
    RETURN(SECCOMP_RET_ERRNO | EINVAL), RETURN(SECCOMP_RET_ALLOW) };
  if (filter(words, 6, 0) != 0) return 126;
  execvp(command[0], command);
  return 127;
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "";
  if (!strcmp(what, "listener")) return listener();
  if (!strcmp(what, "allowed")) return allowed();
  if (!strcmp(what, "race") && count > 3) return race(words[2], words[3]);
  if (!strcmp(what, "interrupted")) return interrupted();
  if (!strcmp(what, "crowd")) return crowd();
  if (!strcmp(what, "deaf") && count > 2) return deaf(words + 2);
  return 3;
}
