/** Processors that there is a filter for. */
export type Processor = 'x64' | 'arm64'

type Numbers<N = number | null> = Readonly<Record<Processor, N>>
const at = <N extends number | null>(x64: N, arm64: N): Numbers<N> => ({ x64, arm64 })

/** `AUDIT_ARCH_*` of linux/audit.h. */
export const AUDIT_ARCHITECTURE = { x64: 0xc000003e, arm64: 0xc00000b7 } as const satisfies Record<
  Processor,
  number
>

/** Calls that the filter looks into. Numbers: asm/unistd_64.h and asm-generic/unistd.h. */
export const LOOKED_INTO = {
  clone: at<number>(56, 220),
  clone3: at<number>(435, 435),
  socket: at<number>(41, 198),
  ioctl: at<number>(16, 29),
  prctl: at<number>(157, 167),
} as const satisfies Record<string, Numbers>

/** Calls that no program of a developer needs, and that have carried escapes: each answers EPERM. */
export const FORBIDDEN: Readonly<Record<string, Numbers>> = {
  // other views of the file system, other namespaces
  mount: at(165, 40),
  umount2: at(166, 39),
  pivot_root: at(155, 41),
  chroot: at(161, 51),
  open_tree: at(428, 428),
  move_mount: at(429, 429),
  fsopen: at(430, 430),
  fsconfig: at(431, 431),
  fsmount: at(432, 432),
  fspick: at(433, 433),
  mount_setattr: at(442, 442),
  unshare: at(272, 97),
  setns: at(308, 268),
  open_by_handle_at: at(304, 265),
  // other processes
  ptrace: at(101, 117),
  process_vm_readv: at(310, 270),
  process_vm_writev: at(311, 271),
  process_madvise: at(440, 440),
  kcmp: at(312, 272),
  pidfd_getfd: at(438, 438),
  // parts of the kernel that are large and seldom needed
  bpf: at(321, 280),
  perf_event_open: at(298, 241),
  userfaultfd: at(323, 282),
  add_key: at(248, 217),
  request_key: at(249, 218),
  keyctl: at(250, 219),
  io_uring_setup: at(425, 425),
  io_uring_enter: at(426, 426),
  io_uring_register: at(427, 427),
  fanotify_init: at(300, 262),
  // the machine itself
  kexec_load: at(246, 104),
  kexec_file_load: at(320, 294),
  init_module: at(175, 105),
  finit_module: at(313, 273),
  delete_module: at(176, 106),
  swapon: at(167, 224),
  swapoff: at(168, 225),
  reboot: at(169, 142),
  syslog: at(103, 116),
  acct: at(163, 89),
  quotactl: at(179, 60),
  quotactl_fd: at(443, 443),
  settimeofday: at(164, 170),
  clock_settime: at(227, 112),
  clock_adjtime: at(305, 266),
  adjtimex: at(159, 171),
  vhangup: at(153, 58),
  nfsservctl: at(180, 42),
  lookup_dcookie: at(212, 18),
  iopl: at<number | null>(172, null),
  ioperm: at<number | null>(173, null),
  modify_ldt: at<number | null>(154, null),
  uselib: at<number | null>(134, null),
}

/**
 * Calls that the kernel itself may refuse, by mounts, Landlock or namespaces: where refusals are told they are looked at and then made.
 * What is looked at, and how, stands in native/writ-bridge/watch.h; a spec holds the two lists against each other.
 */
export const LOOKED_AT: Readonly<Record<string, Numbers>> = {
  // files
  open: at<number | null>(2, null),
  openat: at(257, 56),
  openat2: at(437, 437),
  creat: at<number | null>(85, null),
  mkdir: at<number | null>(83, null),
  mkdirat: at(258, 34),
  rmdir: at<number | null>(84, null),
  unlink: at<number | null>(87, null),
  unlinkat: at(263, 35),
  rename: at<number | null>(82, null),
  renameat: at(264, 38),
  renameat2: at(316, 276),
  link: at<number | null>(86, null),
  linkat: at(265, 37),
  symlink: at<number | null>(88, null),
  symlinkat: at(266, 36),
  mknod: at<number | null>(133, null),
  mknodat: at(259, 33),
  chmod: at<number | null>(90, null),
  fchmodat: at(268, 53),
  fchmodat2: at(452, 452),
  chown: at<number | null>(92, null),
  lchown: at<number | null>(94, null),
  fchownat: at(260, 54),
  utime: at<number | null>(132, null),
  utimes: at<number | null>(235, null),
  futimesat: at<number | null>(261, null),
  utimensat: at(280, 88),
  truncate: at(76, 45),
  setxattr: at(188, 5),
  lsetxattr: at(189, 6),
  removexattr: at(197, 14),
  lremovexattr: at(198, 15),
  // sockets
  connect: at(42, 203),
  bind: at(49, 200),
  sendmsg: at(46, 211),
  sendmmsg: at(307, 269),
  // processes and who they are
  kill: at(62, 129),
  tkill: at(200, 130),
  tgkill: at(234, 131),
  setuid: at(105, 146),
  setreuid: at(113, 145),
  setresuid: at(117, 147),
  setgid: at(106, 144),
  setregid: at(114, 143),
  setresgid: at(119, 149),
  setgroups: at(116, 159),
}
/** Looked at only where it names an address. */
export const SENDTO: Numbers<number> = at<number>(44, 206)
