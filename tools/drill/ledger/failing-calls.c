// Loaded before a program's own libraries: notes its calls on the files of one folder, and fails one of them. Where there is no strace.
// WRIT_FAULT_FOLDER: the folder; WRIT_FAULT_LOG: where each call is noted, one a line; WRIT_FAULT: `call at errno`, or nothing.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
#define CALLS 8
static const char *const NAMES[CALLS] = {"openat", "pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink", "rename"};
static int counts[CALLS];

static int is_watched(const char *path) {
  const char *folder = getenv("WRIT_FAULT_FOLDER");
  return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static void note(const char *name, const char *path, int is_failed) {
  char line[PATH_MAX + 64];
  const char *log = getenv("WRIT_FAULT_LOG");
  int length = snprintf(line, sizeof line, "%s\t%s\t%d\n", name, path, is_failed);
  static ssize_t (*real_write)(int, const void *, size_t);
  static int (*real_open)(const char *, int, ...);
  if (log == NULL) return;
  if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
  if (!real_open) real_open = dlsym(RTLD_NEXT, "open");
  int file = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (real_write(file, line, (size_t)length) < 0) abort();
  close(file);
}

/** @returns the error to fail with; 0: the call goes on; -1: it takes nothing and says no error */
static int fault_of(const char *name, const char *path) {
  int error = 0, at = 0;
  char wanted[32] = "";
  if (!is_watched(path)) return 0;
  const char *fault = getenv("WRIT_FAULT");
  pthread_mutex_lock(&lock);
  for (int call = 0; call < CALLS; call++) {
    if (strcmp(NAMES[call], name) != 0) continue;
    counts[call]++;
    if (fault == NULL || sscanf(fault, "%31s %d %d", wanted, &at, &error) != 3) error = 0;
    else if (strcmp(wanted, name) != 0 || counts[call] != at) error = 0;
  }
  note(name, path, error != 0);
  pthread_mutex_unlock(&lock);
  return error;
}

static int fault_of_file(const char *name, int file) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return fault_of(name, path);
}

#define REAL(name, type) \
  static __typeof__(type) real; \
  if (!real) real = (__typeof__(type))dlsym(RTLD_NEXT, name)
#define FAIL_IF(error) \
  if (error > 0) { \
    errno = error; \
    return -1; \
  }

static mode_t mode_in(int flags, va_list rest) {
  return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(rest, int) : 0;
}

#define OPEN(symbol) \
  int symbol(const char *path, int flags, ...) { \
    REAL(#symbol, int (*)(const char *, int, ...)); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = mode_in(flags, rest); \
    va_end(rest); \
    int error = fault_of("openat", path); \
    FAIL_IF(error) \
    return real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define PWRITE(symbol, offset_type) \
  ssize_t symbol(int file, const void *bytes, size_t length, offset_type offset) { \
    REAL(#symbol, ssize_t (*)(int, const void *, size_t, offset_type)); \
    int error = fault_of_file("pwrite64", file); \
    FAIL_IF(error) \
    return error < 0 ? 0 : real(file, bytes, length, offset); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int file, const void *bytes, size_t length) {
  REAL("write", ssize_t (*)(int, const void *, size_t));
  int error = fault_of_file("write", file);
  FAIL_IF(error)
  return error < 0 ? 0 : real(file, bytes, length);
}

#define OF_FILE(symbol, name) \
  int symbol(int file) { \
    REAL(#symbol, int (*)(int)); \
    int error = fault_of_file(name, file); \
    FAIL_IF(error) \
    return real(file); \
  }
OF_FILE(fsync, "fsync")
OF_FILE(fdatasync, "fdatasync")

#define TRUNCATE(symbol, length_type) \
  int symbol(int file, length_type length) { \
    REAL(#symbol, int (*)(int, length_type)); \
    int error = fault_of_file("ftruncate", file); \
    FAIL_IF(error) \
    return real(file, length); \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int unlink(const char *path) {
  REAL("unlink", int (*)(const char *));
  int error = fault_of("unlink", path);
  FAIL_IF(error)
  return real(path);
}

int rename(const char *from, const char *to) {
  REAL("rename", int (*)(const char *, const char *));
  int error = fault_of("rename", from);
  FAIL_IF(error)
  return real(from, to);
}
