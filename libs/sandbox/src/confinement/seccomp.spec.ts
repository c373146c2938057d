import { describe, expect, it } from '@jest/globals'
import type { Instruction } from './bpf.ts'
import { filterProgram, seccompFilter } from './seccomp.ts'
import type { Processor } from './system-calls.ts'
import { AUDIT_ARCHITECTURE, FORBIDDEN, LOOKED_AT, SENDTO } from './system-calls.ts'

const ALLOW = 0x7fff0000
const KILL = 0x80000000
const EPERM = 0x00050001
const ENOSYS = 0x00050026
const EAFNOSUPPORT = 0x00050061
const ASK = 0x7fc00000

type Call = { readonly number: number; readonly args?: readonly number[]; readonly architecture?: number }

const END: Instruction = { code: 0x06, whenTrue: 0, whenFalse: 0, operand: -1 }

/** What the kernel's interpreter would say; only the instructions that we write. */
function said(
  program: readonly Instruction[],
  { number, args = [], architecture = AUDIT_ARCHITECTURE.x64 }: Call,
): number {
  const words = args.map((arg, at) => [16 + 8 * at, arg] as const)
  return saidWith(program, number, new Map([[4, architecture], ...words]))
}

function saidWith(
  program: readonly Instruction[],
  number: number,
  given: ReadonlyMap<number, number>,
): number {
  const words = new Map([[4, AUDIT_ARCHITECTURE.x64], [0, number], ...given])
  let held = 0
  for (let at = 0; at < program.length; at++) {
    const { code, operand, whenFalse, whenTrue } = program[at] ?? END
    const tests: Record<number, boolean> = {
      0x15: held === operand,
      0x45: (held & operand) !== 0,
      0x35: held >= operand,
    }
    if (code === 0x06) return operand >>> 0
    if (code === 0x20) held = (words.get(operand) ?? 0) >>> 0
    else if (code === 0x54) held &= operand
    else at += tests[code] ? whenTrue : whenFalse
  }
  throw new Error('the program does not end')
}

const X64 = filterProgram('x64')
const WATCH = filterProgram('x64', 'watch')
const CLONE_NEWUSER = 0x10000000
const SIGCHLD = 17
const THREAD = 0x003d0f00

describe('the filter', () => {
  it.each(['x64', 'arm64'] as const)(
    'of %s refuses every call of the list, and lets others pass',
    (processor: Processor) => {
      const program = filterProgram(processor)
      const architecture = AUDIT_ARCHITECTURE[processor]
      for (const numbers of Object.values(FORBIDDEN)) {
        const number = numbers[processor]
        if (number !== null) expect(said(program, { number, architecture })).toBe(EPERM)
      }
      expect(said(program, { number: processor === 'x64' ? 0 : 63, architecture })).toBe(ALLOW)
    },
  )

  it('ends a program of another architecture', () => {
    expect(said(X64, { number: 0, architecture: 0x40000003 })).toBe(KILL)
  })

  it('does not know the x32 numbers, which mean the same calls', () => {
    expect(said(X64, { number: 0x40000000 + 165 })).toBe(ENOSYS)
  })

  it('lets threads and processes begin, and no namespaces', () => {
    expect(said(X64, { number: 56, args: [SIGCHLD] })).toBe(ALLOW)
    expect(said(X64, { number: 56, args: [THREAD] })).toBe(ALLOW)
    expect(said(X64, { number: 56, args: [CLONE_NEWUSER | SIGCHLD] })).toBe(EPERM)
    expect(said(X64, { number: 435 })).toBe(ENOSYS)
  })

  it.each([
    ['unix', [1, 1, 0], ALLOW],
    ['tcp, with flags', [2, 0x80801, 6], ALLOW],
    ['udp6', [10, 2, 17], ALLOW],
    ['raw', [2, 3, 1], EPERM],
    ['raw, with flags', [2, 0x80003, 1], EPERM],
    ['raw6', [10, 3, 58], EPERM],
    ['packet type', [2, 10, 0], EPERM],
    ['packet', [17, 3, 0], EAFNOSUPPORT],
    ['vsock', [40, 1, 0], EAFNOSUPPORT],
    ['alg', [38, 5, 0], EAFNOSUPPORT],
    ['bluetooth', [31, 3, 1], EAFNOSUPPORT],
    ['netlink routes', [16, 3, 0], ALLOW],
    ['netlink netfilter', [16, 3, 12], EAFNOSUPPORT],
  ] as const)('of sockets: %s', (_name, args, answer) => {
    expect(said(X64, { number: 41, args })).toBe(answer)
  })

  it('lets nobody type into a terminal', () => {
    expect(said(X64, { number: 16, args: [0, 0x5412] })).toBe(EPERM)
    expect(said(X64, { number: 16, args: [0, 0x541c] })).toBe(EPERM)
    expect(said(X64, { number: 16, args: [0, 0x5401] })).toBe(ALLOW)
  })

  it('is eight bytes for each instruction, little-endian', () => {
    const bytes = Buffer.from(seccompFilter('x64'))
    expect(bytes.length).toBe(X64.length * 8)
    expect(bytes.subarray(0, 8).toString('hex')).toBe('2000000004000000')
  })
})

/** halves of the place of an address */
const sentTo = (low: number, high: number): number =>
  saidWith(
    WATCH,
    SENDTO.x64,
    new Map([
      [48, low],
      [52, high],
    ]),
  )

describe('the filter that asks process 1', () => {
  it.each(['x64', 'arm64'] as const)(
    'of %s asks about every call that the other one refuses, and lets none of them pass by itself',
    (processor: Processor) => {
      const [wall, watch] = [filterProgram(processor), filterProgram(processor, 'watch')]
      const architecture = AUDIT_ARCHITECTURE[processor]
      const given = [[], [1, 1, 0], [2, 3], [17, 3], [4, 0], [0, 0x5412], [CLONE_NEWUSER]]
      const refused = Array.from({ length: 600 }, (_, number) => number).flatMap((number) =>
        given.map((args) => ({ number, architecture, args })).filter((call) => said(wall, call) !== ALLOW),
      )
      expect(refused.length).toBeGreaterThan(300)
      for (const call of refused) expect([call.number, said(watch, call)]).toEqual([call.number, ASK])
    },
  )

  it.each(['x64', 'arm64'] as const)('of %s asks about the calls that others may refuse', (processor) => {
    const watch = filterProgram(processor, 'watch')
    const architecture = AUDIT_ARCHITECTURE[processor]
    const refused = new Set(Object.values(FORBIDDEN).map((numbers) => numbers[processor]))
    for (const [name, { [processor]: number }] of Object.entries(LOOKED_AT)) {
      if (number === null) continue
      expect([name, said(watch, { number, architecture })]).toEqual([name, ASK])
      // what is looked at is made: none of these may be
      expect([name, refused.has(number)]).toEqual([name, false])
    }
  })

  it('asks of what is sent only where an address is named, in either half of where it stands', () => {
    expect([sentTo(0, 0), sentTo(8, 0), sentTo(0, 8)]).toEqual([ALLOW, ASK, ASK])
  })

  it('lets pass what nobody refuses', () => {
    for (const number of [0, 1, 3, 9, 59, 60, 202, 231]) expect(said(WATCH, { number })).toBe(ALLOW)
    expect(said(WATCH, { number: 41, args: [2, 1, 6] })).toBe(ALLOW)
    expect(said(WATCH, { number: 56, args: [SIGCHLD] })).toBe(ALLOW)
  })

  it('asks about other numbers: of them none is ever made', () => {
    expect(said(WATCH, { number: 0, architecture: 0x40000003 })).toBe(ASK)
    expect(said(WATCH, { number: 0x40000000 + 165 })).toBe(ASK)
  })
})

describe('memory that nobody can look into', () => {
  it('is refused: what cannot be looked at could not be told of', () => {
    expect(said(X64, { number: 157, args: [4, 0] })).toBe(EPERM)
    expect(said(X64, { number: 157, args: [4, 1] })).toBe(ALLOW)
    expect(said(X64, { number: 157, args: [3, 0] })).toBe(ALLOW)
  })
})
