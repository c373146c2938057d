import type { Instruction } from './bpf.ts'
import { answer, bytesOf, load, mask, unlessEqual, whenAnyBit, whenAtLeast, whenEqual } from './bpf.ts'
import type { Processor } from './system-calls.ts'
import { AUDIT_ARCHITECTURE, FORBIDDEN, LOOKED_AT, LOOKED_INTO, SENDTO } from './system-calls.ts'

// linux/seccomp.h
const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const ERRNO = 0x00050000
const ASK = 0x7fc00000
const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97

// offsets in struct seccomp_data; of an argument the low half, which is all that these calls read
const NUMBER = 0
const ARCHITECTURE = 4
const argument = (index: number): number => 16 + 8 * index

/** `wall`: the kernel answers by itself. `watch`: it asks process 1, which answers the same, and tells of it. */
export type FilterKind = 'wall' | 'watch'

/**
 * The seccomp filter of a sandbox, as the bytes that are loaded from a descriptor.
 * Everything that is not named is allowed: the mounts and namespaces are the wall, this takes away the tools to climb it.
 */
export const seccompFilter = (processor: Processor, kind: FilterKind = 'wall'): Uint8Array =>
  bytesOf(filterProgram(processor, kind))

/** @returns the same filter before it is bytes, for who wants to run it in a test */
export const filterProgram = (processor: Processor, kind: FilterKind = 'wall'): readonly Instruction[] => [
  ...architecture(processor, kind),
  ...namespacesByClone(processor, kind),
  ...sockets(processor, kind),
  ...terminalInput(processor, kind),
  ...hiddenMemory(processor, kind),
  ...forbidden(processor, kind),
  ...(kind === 'watch' ? lookedAt(processor) : []),
  answer(ALLOW),
]

const no = (kind: FilterKind, error: number): Instruction => answer(kind === 'watch' ? ASK : ERRNO | error)

// A program of another architecture has other numbers. Of x86-64 also the x32 numbers, which mean the same calls once more.
const architecture = (processor: Processor, kind: FilterKind): readonly Instruction[] => [
  load(ARCHITECTURE),
  unlessEqual(AUDIT_ARCHITECTURE[processor], 1),
  answer(kind === 'watch' ? ASK : KILL_PROCESS),
  load(NUMBER),
  ...(processor === 'x64' ? [whenAtLeast(0x40000000, 1), no(kind, ENOSYS)] : []),
]

/** CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET; and CLONE_NEWTIME, which shares its bit with the exit signal, is for clone3 only. */
const NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000

// clone3 takes its flags from memory, which a filter cannot read: told that it does not exist, C libraries use clone.
const namespacesByClone = (processor: Processor, kind: FilterKind): readonly Instruction[] => [
  whenEqual(numberOf('clone3', processor), 1),
  no(kind, ENOSYS),
  ...inside(numberOf('clone', processor), [load(argument(0)), whenAnyBit(NAMESPACES, 1), no(kind, EPERM)]),
]

const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16
const SOCK_RAW = 3
const SOCK_PACKET = 10

// Unix, IPv4, IPv6, and of netlink the routes alone, which C libraries ask for the addresses of this machine. Never raw ones.
const sockets = (processor: Processor, kind: FilterKind): readonly Instruction[] =>
  inside(numberOf('socket', processor), [
    load(argument(0)),
    ...when(AF_NETLINK, [load(argument(2)), ...when(0, [answer(ALLOW)]), no(kind, EAFNOSUPPORT)]),
    ...when(AF_UNIX, [answer(ALLOW)]),
    ...when(AF_INET, notRaw(kind)),
    ...when(AF_INET6, notRaw(kind)),
    no(kind, EAFNOSUPPORT),
  ])

// The upper bits of the type are flags.
const notRaw = (kind: FilterKind): readonly Instruction[] => [
  load(argument(1)),
  mask(0xf),
  ...when(SOCK_RAW, [no(kind, EPERM)]),
  ...when(SOCK_PACKET, [no(kind, EPERM)]),
  answer(ALLOW),
]

const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c
const TIOCSETD = 0x5423

// Words put into a terminal as if a person had typed them, and line disciplines of the kernel.
const terminalInput = (processor: Processor, kind: FilterKind): readonly Instruction[] =>
  inside(numberOf('ioctl', processor), [
    load(argument(1)),
    ...[TIOCSTI, TIOCLINUX, TIOCSETD].flatMap((request) => when(request, [no(kind, EPERM)])),
  ])

const PR_SET_DUMPABLE = 4

// A process that nobody may look into could not be watched, also not by who confines it.
const hiddenMemory = (processor: Processor, kind: FilterKind): readonly Instruction[] =>
  inside(numberOf('prctl', processor), [
    load(argument(0)),
    ...when(PR_SET_DUMPABLE, [load(argument(1)), ...when(0, [no(kind, EPERM)])]),
  ])

const forbidden = (processor: Processor, kind: FilterKind): readonly Instruction[] =>
  numbersIn(FORBIDDEN, processor).flatMap((number) => when(number, [no(kind, EPERM)]))

const lookedAt = (processor: Processor): readonly Instruction[] => [
  ...numbersIn(LOOKED_AT, processor).flatMap((number) => when(number, [answer(ASK)])),
  ...inside(SENDTO[processor], [
    load(argument(4)),
    whenAnyBit(0xffffffff, 1),
    answer(ASK),
    load(argument(4) + 4),
    whenAnyBit(0xffffffff, 1),
    answer(ASK),
  ]),
]

const numbersIn = (calls: typeof FORBIDDEN, processor: Processor): readonly number[] =>
  Object.values(calls)
    .map((numbers) => numbers[processor])
    .filter((number) => number !== null)

function when(value: number, done: readonly Instruction[]): readonly Instruction[] {
  return [whenEqual(value, done.length), ...done]
}

// The number of the call is loaded again for what comes after.
const inside = (number: number, done: readonly Instruction[]): readonly Instruction[] =>
  when(number, [...done, load(NUMBER)])

const numberOf = (call: keyof typeof LOOKED_INTO, processor: Processor): number =>
  LOOKED_INTO[call][processor]
