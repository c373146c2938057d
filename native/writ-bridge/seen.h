/*
 * Lines of what was refused, `TIMES WHAT CALL OPERAND`. Repeated ones are counted in a table of fixed size; what falls out of it is sent
 * first. Nothing is dropped: who makes more lines than are read outside waits. Nobody else inside can write one: nothing there can open,
 * trace, stop or end process 1, and the command does not hold the other end.
 */
#define SEEN_SLOTS 1024
#define SEEN_LENGTH 1600
#define OPERAND 480

struct seen { unsigned times; char text[SEEN_LENGTH]; };
static struct seen table_of_seen[SEEN_SLOTS];
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static int seen_fd = -1;

static void say(unsigned times, const char *text) {
  char line[SEEN_LENGTH + 16];
  int length = snprintf(line, sizeof line, "%u %s\n", times, text);
  for (int put = 0; seen_fd >= 0 && put < length;) {
    ssize_t more = send(seen_fd, line + put, (size_t)(length - put), MSG_NOSIGNAL);
    struct pollfd ready = { seen_fd, POLLOUT, 0 };
    if (more > 0) put += (int)more;
    else if (errno == EAGAIN) poll(&ready, 1, -1);
    else if (errno != EINTR) seen_fd = -1; /* nobody hears it any more */
  }
}

static void say_rest(struct seen *slot) {
  if (slot->times > 0) say(slot->times, slot->text);
  slot->times = 0;
}

/* A line is plain ASCII without blanks in it, whatever is in a path. */
static void escape(const char *from, size_t length, char *to) {
  static const char digits[] = "0123456789abcdef";
  for (size_t at = 0; at < length && at < OPERAND; at++) {
    unsigned char byte = (unsigned char)from[at];
    if (byte > 0x20 && byte < 0x7f && byte != '%') *to++ = (char)byte;
    else { *to++ = '%'; *to++ = digits[byte >> 4]; *to++ = digits[byte & 15]; }
  }
  *to = '\0';
}

static void tell(const char *what, int call, const char *operand, size_t length) {
  char escaped[3 * OPERAND + 1], text[SEEN_LENGTH];
  escape(operand, length, escaped);
  snprintf(text, sizeof text, "%s %d %s", what, call, escaped[0] ? escaped : "-");
  uint32_t hash = 2166136261u;
  for (const char *at = text; *at; at++) hash = (hash ^ (unsigned char)*at) * 16777619u;
  pthread_mutex_lock(&seen_lock);
  struct seen *slot = &table_of_seen[hash % SEEN_SLOTS];
  if (strcmp(slot->text, text) == 0) slot->times++;
  else {
    say_rest(slot);
    strcpy(slot->text, text);
    say(1, text);
  }
  pthread_mutex_unlock(&seen_lock);
}

/* What was only counted, at the end. */
static void tell_all(void) {
  pthread_mutex_lock(&seen_lock);
  for (int at = 0; at < SEEN_SLOTS; at++) say_rest(&table_of_seen[at]);
  pthread_mutex_unlock(&seen_lock);
}
