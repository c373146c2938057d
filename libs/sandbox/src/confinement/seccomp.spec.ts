import { describe, expect, it } from '@jest/globals'
import type { Instruction } from './bpf.ts'
import { filterProgram, seccompFilter } from './seccomp.ts'
import type { Processor } from './system-calls.ts'
import { AUDIT_ARCHITECTURE, FORBIDDEN } from './system-calls.ts'

const ALLOW = 0x7fff0000
const KILL = 0x80000000
const EPERM = 0x00050001
const ENOSYS = 0x00050026
const EAFNOSUPPORT = 0x00050061

type Call = { readonly number: number; readonly args?: readonly number[]; readonly architecture?: number }

const END: Instruction = { code: 0x06, whenTrue: 0, whenFalse: 0, operand: -1 }

/** What the kernel's interpreter would say; only the instructions that we write. */
function said(
  program: readonly Instruction[],
  { number, args = [], architecture = AUDIT_ARCHITECTURE.x64 }: Call,
): number {
  const words = new Map([
    [0, number],
    [4, architecture],
    ...args.map((arg, at) => [16 + 8 * at, arg] as const),
  ])
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
