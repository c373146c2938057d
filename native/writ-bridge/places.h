/* What a process that was stopped means: its memory, and where the paths in it lead, in the names of this sandbox. */
#define MOST_LINKS 40
#define SYS_OPENAT2 437
#define SYS_FACCESSAT2 439
#define NO_LINKS 4 /* RESOLVE_NO_SYMLINKS of openat2 */

/* ---- its memory ------------------------------------------------------------------------------------------------------------------- */

/* One stopped call. `call` is the number that is told. */
struct asked { pid_t task; int call; const uint64_t *args; };

static int listener_fd = -1;
static uint64_t stopped_id;

/* @returns the bytes that were read, -1 where its memory is not open to us */
static ssize_t read_memory(pid_t task, uint64_t from, void *to, size_t length) {
  char name[40];
  snprintf(name, sizeof name, "/proc/%d/mem", task);
  int memory = open(name, O_RDONLY | O_CLOEXEC);
  if (memory < 0) return errno == EACCES || errno == EPERM ? -1 : 0;
  /* it may have ended, and another one have its number */
  ssize_t got = ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &stopped_id) == 0 ? pread(memory, to, length, (off_t)from) : 0;
  close(memory);
  return got < 0 ? 0 : got;
}

static int is_hidden;

/* What hides its memory hides what it asks, and is given nothing. */
static void tell_hidden(const struct asked *asked) {
  is_hidden = 1;
  char name[40], comm[32] = "";
  snprintf(name, sizeof name, "/proc/%d/comm", asked->task);
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? 0 : read(fd, comm, sizeof comm - 1);
  if (fd >= 0) close(fd);
  tell("hidden", asked->call, comm, got > 0 ? strcspn(comm, "\n") : 0);
}

/* @returns 1: read, 0: it is no path, -1: it cannot be read */
static int read_path(const struct asked *asked, uint64_t from, char path[PATH_MAX]) {
  if (from == 0) return 0;
  ssize_t got = read_memory(asked->task, from, path, PATH_MAX);
  if (got < 0) return -1;
  return memchr(path, '\0', (size_t)got) != NULL && path[0] != '\0';
}

static int link_text(const char *name, char text[PATH_MAX]) {
  ssize_t length = readlink(name, text, PATH_MAX - 1);
  if (length < 0) return 0;
  text[length] = '\0';
  return 1;
}

/* ---- where a path leads --------------------------------------------------------------------------------------------------------------- */

struct place {
  char real[PATH_MAX];
  int missing;   /* errno of the first step that could not be made, 0 when it is there */
  int is_last;   /* what is missing is the last step only */
  int is_opened; /* it goes through a descriptor of something that has no path */
  int is_ours;   /* it goes through what /proc shows of process 1 */
};

static pid_t group_of(pid_t task) {
  char name[40], text[512], *found;
  snprintf(name, sizeof name, "/proc/%d/status", task);
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  text[got > 0 ? got : 0] = '\0';
  found = strstr(text, "\nTgid:");
  return found ? (pid_t)atoi(found + 6) : task;
}

/* The number below /proc that a path goes through, 0: none. */
static pid_t proc_number(const char *real) {
  return strncmp(real, "/proc/", 6) == 0 ? (pid_t)atoi(real + 6) : 0;
}

/* What of process 1 only itself may open; `/proc/1/task/1/…` is the same again. */
static int is_closed_of_first(const char *real) {
  static const char *const names[] = { "root", "cwd", "exe", "fd", "fdinfo", "environ", "mem", "maps", "smaps", "smaps_rollup", "numa_maps",
    "ns", "map_files", "auxv", "stack", "syscall", "pagemap", "personality", "io", "clear_refs", "patch_state", "timers" };
  if (proc_number(real) != 1) return 0;
  const char *rest = strchr(real + 6, '/');
  if (rest == NULL) return 0;
  if (strncmp(rest, "/task/", 6) == 0) rest = strchr(rest + 6, '/');
  for (size_t at = 0; rest != NULL && at < sizeof names / sizeof *names; at++) {
    size_t length = strlen(names[at]);
    if (strncmp(rest + 1, names[at], length) == 0 && (rest[1 + length] == '\0' || rest[1 + length] == '/')) return 1;
  }
  return 0;
}

static int add_step(char *real, const char *step, size_t length) {
  size_t used = strlen(real);
  if (used + length + 2 > PATH_MAX) return 0;
  real[used] = '/';
  memcpy(real + used + 1, step, length);
  real[used + 1 + length] = '\0';
  return 1;
}

static void step_back(char *real) {
  char *slash = strrchr(real, '/');
  if (slash != NULL) *slash = '\0';
}

/* `self` is who asks, not us. */
static const char *own_step(const char *real, const char *step, size_t *length, pid_t task, char buffer[64]) {
  if (strcmp(real, "/proc") != 0) return step;
  if (*length == 4 && memcmp(step, "self", 4) == 0) *length = (size_t)snprintf(buffer, 64, "%d", group_of(task));
  else if (*length == 11 && memcmp(step, "thread-self", 11) == 0) *length = (size_t)snprintf(buffer, 64, "%d/task/%d", group_of(task), task);
  else return step;
  return buffer;
}

/* A real path, step by step: what the kernel would walk, told in the names of this sandbox. @param base a real path; used where `path` is relative */
static void walk(struct place *place, const char *base, const char *path, pid_t task, int follows_last) {
  char rest[2 * PATH_MAX], link[PATH_MAX], buffer[64];
  int links = 0, is_file = 0;
  memset(place, 0, sizeof *place);
  if (path[0] != '/' && strcmp(base, "/") != 0) snprintf(place->real, sizeof place->real, "%s", base);
  snprintf(rest, sizeof rest, "%s", path);
  for (char *at = rest; *at;) {
    while (*at == '/') at++;
    size_t length = strcspn(at, "/");
    if (length == 0) break;
    char *next = at + length;
    int is_last = next[strspn(next, "/")] == '\0';
    int is_up = length == 2 && at[0] == '.' && at[1] == '.', is_here = length == 1 && at[0] == '.';
    if (place->missing == 0 && is_file) {
      place->missing = ENOTDIR;
      place->is_last = 0;
    }
    if (is_up) {
      if (place->missing == 0) step_back(place->real);
      else add_step(place->real, at, length);
    } else if (!is_here) {
      const char *step = own_step(place->real, at, &length, task, buffer);
      size_t before = strlen(place->real);
      if (!add_step(place->real, step, length)) { place->missing = ENAMETOOLONG; return; }
      struct stat found;
      if (is_closed_of_first(place->real)) place->is_ours = 1;
      else if (place->missing == 0 && lstat(place->real, &found) != 0) {
        place->missing = errno;
        place->is_last = is_last;
      } else if (place->missing == 0 && S_ISLNK(found.st_mode) && (follows_last || !is_last || *next == '/')) {
        if (++links > MOST_LINKS || !link_text(place->real, link)) { place->missing = links > MOST_LINKS ? ELOOP : errno; return; }
        if (strncmp(place->real, "/proc/", 6) == 0 && link[0] != '/') { place->is_opened = 1; return; }
        /* what is left goes behind the text of the link */
        size_t length_of_link = strlen(link), left = strlen(next);
        place->real[link[0] == '/' ? 0 : before] = '\0';
        if (length_of_link + left >= sizeof rest) { place->missing = ENAMETOOLONG; return; }
        memmove(rest + length_of_link, next, left + 1);
        memcpy(rest, link, length_of_link);
        at = rest;
        continue;
      }
      is_file = place->missing == 0 && !S_ISDIR(found.st_mode) && !S_ISLNK(found.st_mode);
      if (place->is_ours) {
        if (strlen(place->real) + strlen(next) < PATH_MAX) strcat(place->real, next);
        return;
      }
    }
    if (*next == '/' && is_last && is_file) place->missing = ENOTDIR;
    at = next;
  }
  if (place->real[0] == '\0') strcpy(place->real, "/");
}

static int is_below(const char *real, const char *above) {
  size_t length = strlen(above);
  return strncmp(real, above, length) == 0 && (real[length] == '\0' || real[length] == '/');
}

/* @returns as place_of */
static int place_of_text(struct place *place, const struct asked *asked, int directory, const char *text, int follows_last) {
  char base[PATH_MAX] = "", name[64];
  if (text[0] != '/') {
    int fd = directory < 0 ? AT_FDCWD : (int)asked->args[directory];
    if (fd == AT_FDCWD) snprintf(name, sizeof name, "/proc/%d/cwd", asked->task);
    else snprintf(name, sizeof name, "/proc/%d/fd/%d", asked->task, fd);
    if (!link_text(name, base)) return errno == EACCES ? -1 : 0;
    if (base[0] != '/') return 0;
  }
  walk(place, base, text, asked->task, follows_last);
  return 1;
}

/* @returns 1: found out, 0: there is nothing to find out, -1: it cannot be read */
static int place_of(struct place *place, const struct asked *asked, int directory, int path, int follows_last) {
  char text[PATH_MAX];
  int is_read = read_path(asked, asked->args[path], text);
  return is_read <= 0 ? is_read : place_of_text(place, asked, directory, text, follows_last);
}

/* What is opened most of all, a file that may be read by a path without links, in one step. @returns 1: nothing refuses it */
static int is_plainly_readable(const char *text) {
  struct { uint64_t flags, mode, resolve; } how = { O_PATH | O_CLOEXEC, 0, NO_LINKS };
  if (text[0] != '/' || is_below(text, "/proc") || strstr(text, "/proc/") != NULL) return 0;
  int fd = (int)syscall(SYS_OPENAT2, AT_FDCWD, text, &how, sizeof how);
  if (fd < 0) return 0;
  int is_open = syscall(SYS_FACCESSAT2, fd, "", R_OK, AT_EMPTY_PATH) == 0;
  close(fd);
  return is_open;
}
