/* Parts of native/writ-bridge/watch.h by themselves, for watch.e2e.ts. Its stdout has to be a socket, as the bridge's is. */
#define main bridge_main
#include "../../native/writ-bridge/writ-bridge.c"
#undef main

/* numbers of the calls that are looked at */
static void table(void) {
  for (size_t at = 0; at < sizeof looked_at / sizeof *looked_at; at++) printf("%d\n", looked_at[at].number);
}

/* for each path of stdin, ended by zeros: where it leads */
static void walks(const char *base) {
  static char path[PATH_MAX];
  static struct place place;
  size_t length = 0;
  for (int byte; (byte = getchar()) != EOF;) {
    path[length++] = (char)byte;
    if (byte != 0) continue;
    walk(&place, base, path, getpid(), 1);
    printf("%d %s%c", place.missing, place.real, 0);
    length = 0;
  }
}

/* tells each text of stdin, ended by zeros */
static void tells(void) {
  static char text[PATH_MAX];
  size_t length = 0;
  seen_fd = 1;
  for (int byte; (byte = getchar()) != EOF;) {
    if (byte != 0) text[length++] = (char)byte;
    else {
      tell("write", 257, text, length);
      length = 0;
    }
  }
  tell_all();
}

/* numbers that are let continue, of those of our own and of others: of every other call the error */
static void answers(void) {
  static const unsigned architectures[] = { OWN_NUMBERS, 0x40000003u, 0x40000028u };
  static const int also[] = { 0, 0x40000000, 0x10000 };
  for (size_t which = 0; which < 3; which++)
    for (int number = -1; number < 1200; number++)
      for (int at = 0; at < 3; at++) {
        struct seccomp_notif stopped = { .id = 1, .pid = (unsigned)getpid() };
        struct seccomp_notif_resp said = { 0 };
        stopped.data.nr = number | also[at];
        stopped.data.arch = architectures[which];
        answer(&stopped, &said);
        printf("%d %d %d %d\n", stopped.data.arch == OWN_NUMBERS, stopped.data.nr, (int)said.flags, said.error);
      }
}

int main(int count, char **words) {
  if (count > 1 && strcmp(words[1], "table") == 0) table();
  if (count > 1 && strcmp(words[1], "answers") == 0) answers();
  if (count > 2 && strcmp(words[1], "walk") == 0) walks(words[2]);
  if (count > 1 && strcmp(words[1], "tell") == 0) tells();
  return 0;
}
