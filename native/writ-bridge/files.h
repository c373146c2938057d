/* Whether the kernel will refuse what is asked of a file: mounts, rights, Landlock. */
#ifndef STATX_ATTR_MOUNT_ROOT /* the headers at hand may be older than the kernel */
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

/* Landlock: nothing is written elsewhere. */
static int is_writable_place(const char *real) {
  if (writable_count == 0) return 1;
  for (int at = 0; at < writable_count; at++)
    if (is_below(real, writable[at])) return 1;
  return 0;
}

static int may(const char *real, int how) {
  if ((how & W_OK) && !is_writable_place(real)) return 0;
  return faccessat(AT_FDCWD, real, how, 0) == 0 || (errno != EROFS && errno != EACCES && errno != EPERM);
}

static int may_change_entries(const char *real) {
  char parent[PATH_MAX];
  snprintf(parent, sizeof parent, "%s", real);
  step_back(parent);
  return may(parent[0] ? parent : "/", W_OK | X_OK);
}

/* Nothing can be put in the place of what is mounted, or be moved from it. */
static int is_mounted(const char *real) {
  struct statx found;
  return statx(AT_FDCWD, real, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &found) == 0 &&
    (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* The last number that a process of this sandbox was given: what is above it never was here. */
static pid_t last_number(void) {
  char text[128] = "";
  int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  char *blank = got > 0 ? strrchr(text, ' ') : NULL;
  return blank ? (pid_t)atoi(blank + 1) : INT32_MAX;
}

/* What is not here may be there outside: that is looked at outside. */
static void tell_missing(const char *what, const struct asked *asked, const char *real) {
  if (is_below(real, "/sys")) return;
  if (is_below(real, "/proc") && proc_number(real) <= last_number()) return;
  tell(what, asked->call, real, strlen(real));
}

static void tell_path(const char *what, const struct asked *asked, const char *real) { tell(what, asked->call, real, strlen(real)); }

static void look_at_open(const struct asked *asked, struct place *place, uint64_t flags) {
  int way = (int)(flags & O_ACCMODE);
  int is_temporary = (flags & O_TMPFILE) == O_TMPFILE;
  int writes = way != O_RDONLY || (flags & O_TRUNC) != 0;
  struct stat found;
  if (place->is_opened) return;
  if (place->is_ours) return tell_path(writes ? "write" : "read", asked, place->real);
  if (place->missing == ENOENT || place->missing == ENOTDIR) {
    if ((flags & O_CREAT) && place->is_last && place->missing == ENOENT) {
      if (!may_change_entries(place->real)) tell_path("write", asked, place->real);
      return;
    }
    return tell_missing(flags & O_CREAT ? "make-missing" : writes ? "write-missing" : "read-missing", asked, place->real);
  }
  if (place->missing != 0) {
    if (place->missing == EACCES) tell_path(writes ? "write" : "read", asked, place->real);
    return;
  }
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return;
  if (writes && !is_temporary && (lstat(place->real, &found) != 0 || S_ISDIR(found.st_mode))) return;
  if (writes && !may(place->real, W_OK)) tell_path("write", asked, place->real);
  else if (way != O_WRONLY && !may(place->real, R_OK)) tell_path("read", asked, place->real);
}

static void look_at_made(const struct asked *asked, const struct place *place) {
  if (place->is_opened || place->missing == 0) return;
  if (place->missing == ENOENT && place->is_last) {
    if (!may_change_entries(place->real)) tell_path("write", asked, place->real);
  } else tell_missing("make-missing", asked, place->real);
}

static void look_at_removed(const struct asked *asked, const struct place *place) {
  if (place->is_opened) return;
  if (place->missing != 0) tell_missing("delete-missing", asked, place->real);
  else if (is_mounted(place->real) || !may_change_entries(place->real)) tell_path("delete", asked, place->real);
}

/* What takes the place of something else. */
static void look_at_replaced(const struct asked *asked, const struct place *place) {
  if (place->is_opened || (place->missing != 0 && !place->is_last)) return;
  if ((place->missing == 0 && is_mounted(place->real)) || !may_change_entries(place->real)) tell_path("write", asked, place->real);
}

static void look_at_changed(const struct asked *asked, const struct place *place) {
  struct statvfs mounted;
  struct stat found;
  if (place->is_opened) return;
  if (place->is_ours) return tell_path("write", asked, place->real);
  if (place->missing != 0) return tell_missing("write-missing", asked, place->real);
  if (stat(place->real, &found) != 0 || statvfs(place->real, &mounted) != 0) return;
  if ((mounted.f_flag & ST_RDONLY) || found.st_uid != geteuid()) tell_path("write", asked, place->real);
}
