/** One instruction of classic BPF, `struct sock_filter`: 16 bits of code, two jumps of 8 bits, 32 bits of operand. */
export type Instruction = {
  readonly code: number
  readonly whenTrue: number
  readonly whenFalse: number
  readonly operand: number
}

const LOAD_WORD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_ANY_BIT = 0x45
const JUMP_AT_LEAST = 0x35
const AND = 0x54
const RETURN = 0x06

const plain = (code: number, operand: number): Instruction => ({ code, whenTrue: 0, whenFalse: 0, operand })

/** Loads 32 bits of `struct seccomp_data` at a byte offset. */
export const load = (offset: number): Instruction => plain(LOAD_WORD, offset)
export const mask = (bits: number): Instruction => plain(AND, bits)
export const answer = (action: number): Instruction => plain(RETURN, action)

/** What follows is done when the test holds; otherwise `skipped` instructions are jumped over. */
export const whenEqual = (operand: number, skipped: number): Instruction => ({
  code: JUMP_EQUAL,
  whenTrue: 0,
  whenFalse: skipped,
  operand,
})
export const unlessEqual = (operand: number, skipped: number): Instruction => ({
  code: JUMP_EQUAL,
  whenTrue: skipped,
  whenFalse: 0,
  operand,
})
export const whenAnyBit = (operand: number, skipped: number): Instruction => ({
  code: JUMP_ANY_BIT,
  whenTrue: 0,
  whenFalse: skipped,
  operand,
})
export const whenAtLeast = (operand: number, skipped: number): Instruction => ({
  code: JUMP_AT_LEAST,
  whenTrue: 0,
  whenFalse: skipped,
  operand,
})

/** The bytes that the kernel reads; every platform that has a filter of ours is little-endian. */
export function bytesOf(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(({ code, whenTrue, whenFalse, operand }, at) => {
    bytes.writeUInt16LE(code, at * 8)
    bytes.writeUInt8(whenTrue, at * 8 + 2)
    bytes.writeUInt8(whenFalse, at * 8 + 3)
    bytes.writeUInt32LE(operand >>> 0, at * 8 + 4)
  })
  return bytes
}
