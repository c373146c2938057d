/* Whether the kernel will refuse what is asked of sockets, processes and users: namespaces of their own. */

/* ---- sockets ------------------------------------------------------------------------------------------------------------------------- */

static int own_port;

/* Whether something in this sandbox has the port; the tables are those of its own network. */
static int is_port_here(int port) {
  static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6" };
  for (size_t at = 0; at < 4; at++) {
    FILE *table = fopen(tables[at], "re");
    char line[512];
    unsigned found = 0, state = 0;
    int is_here = 0;
    while (table != NULL && !is_here && fgets(line, sizeof line, table))
      is_here = sscanf(line, " %*d: %*[0-9A-F]:%X %*[0-9A-F]:%*X %X", &found, &state) == 2 && (int)found == port && (at > 1 || state == 10);
    if (table != NULL) fclose(table);
    if (is_here) return 1;
  }
  return 0;
}

static int is_name_here(const char *name, size_t length) {
  FILE *table = fopen("/proc/net/unix", "re");
  char line[512];
  int is_here = 0;
  while (table != NULL && !is_here && fgets(line, sizeof line, table)) {
    char *at = strchr(line, '@');
    /* filled up with zeros it is the same name, shown with more of that sign */
    is_here = at != NULL && strlen(at + 1) >= length && memcmp(at + 1, name, length) == 0 &&
      at[1 + length + strspn(at + 1 + length, "@")] == '\n';
  }
  if (table != NULL) fclose(table);
  return is_here;
}

static void look_at_name(const struct asked *asked, const char *name, size_t length) {
  while (length > 0 && name[length - 1] == '\0') length--;
  if (!is_name_here(name, length)) tell("name-missing", asked->call, name, length);
}

static void look_at_socket_path(const struct asked *asked, const char *path, int is_bound) {
  struct place place;
  char base[PATH_MAX] = "", name[40];
  snprintf(name, sizeof name, "/proc/%d/cwd", asked->task);
  if (path[0] == '\0' || (path[0] != '/' && !link_text(name, base))) return;
  walk(&place, base, path, asked->task, 1);
  if (is_bound) return look_at_made(asked, &place);
  if (place.missing != 0) tell_path("socket-missing", asked, place.real);
  else if (!may(place.real, W_OK)) tell_path("socket", asked, place.real);
}

#define PORT_OF_NAMES 53

static void look_at_host(const struct asked *asked, int family, const void *address, int port) {
  char text[INET6_ADDRSTRLEN] = "", operand[80];
  static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  if (family == AF_INET6 && memcmp(address, mapped, 12) == 0) {
    family = AF_INET;
    address = (const char *)address + 12;
  }
  const unsigned char *bytes = address;
  inet_ntop(family, address, text, sizeof text);
  int is_own = family == AF_INET ? bytes[0] == 127 || !strcmp(text, "0.0.0.0") : !strcmp(text, "::1") || !strcmp(text, "::");
  snprintf(operand, sizeof operand, family == AF_INET ? "%s:%d" : "[%s]:%d", text, port);
  if (!is_own || port == PORT_OF_NAMES) tell("host", asked->call, operand, strlen(operand));
  else if (port != own_port && !is_port_here(port)) tell("port-missing", asked->call, operand, strlen(operand));
}

static void look_at_address(const struct asked *asked, uint64_t from, uint64_t length, int is_bound) {
  union { struct sockaddr any; struct sockaddr_un path; struct sockaddr_in v4; struct sockaddr_in6 v6; char bytes[129]; } there;
  memset(&there, 0, sizeof there);
  if (from == 0 || length < sizeof there.any.sa_family) return;
  if (length > 128) length = 128;
  ssize_t got = read_memory(asked->task, from, &there, (size_t)length);
  if (got < 0) return tell_hidden(asked);
  size_t before = offsetof(struct sockaddr_un, sun_path);
  if (there.any.sa_family == AF_UNIX && length > before) {
    if (there.path.sun_path[0] != '\0') look_at_socket_path(asked, there.path.sun_path, is_bound);
    else if (!is_bound) look_at_name(asked, there.path.sun_path + 1, (size_t)length - before - 1);
  } else if (is_bound) return;
  else if (there.any.sa_family == AF_INET) look_at_host(asked, AF_INET, &there.v4.sin_addr, ntohs(there.v4.sin_port));
  else if (there.any.sa_family == AF_INET6) look_at_host(asked, AF_INET6, &there.v6.sin6_addr, ntohs(there.v6.sin6_port));
}

#define MOST_MESSAGES 16

/* @param stride size of one in the vector of them */
static void look_at_messages(const struct asked *asked, uint64_t count, size_t stride) {
  for (uint64_t at = 0; at < count && at < MOST_MESSAGES; at++) {
    struct msghdr header;
    ssize_t got = read_memory(asked->task, asked->args[1] + at * stride, &header, sizeof header);
    if (got < 0) return tell_hidden(asked);
    if (got == sizeof header) look_at_address(asked, (uint64_t)(uintptr_t)header.msg_name, header.msg_namelen, 0);
  }
}

/* ---- processes ----------------------------------------------------------------------------------------------------------------------- */

static void look_at_signal(const struct asked *asked, pid_t to) {
  char operand[16], name[40];
  snprintf(operand, sizeof operand, "%d", to);
  snprintf(name, sizeof name, "/proc/1/task/%d", to);
  int is_first = to == 1 || (to > 1 && access(name, F_OK) == 0);
  if (is_first || (to > 1 && to > last_number())) tell("signal", asked->call, operand, strlen(operand));
}

static void look_at_identity(const struct asked *asked, int count, uint32_t own) {
  for (int at = 0; at < count; at++) {
    uint32_t wanted = (uint32_t)asked->args[at];
    char operand[16];
    if (wanted == own || wanted == UINT32_MAX) continue;
    snprintf(operand, sizeof operand, "%u", wanted);
    return tell("identity", asked->call, operand, strlen(operand));
  }
}
