import type { HookReply } from './event.ts'

/**
 * The two frames between hook client and daemon, one of each for each connection (docs/hook-protocol.md).
 * ask: `uint32 BE length + client + "\n" + payload`; reply: `uint32 BE length + exit byte + uint32 BE length of stdout + stdout + stderr`.
 * A length counts what follows it.
 */
export type Ask = { readonly client: string; readonly payload: Uint8Array }

/** Largest length that a frame may state, in bytes. */
export const MOST_FRAME_BYTES = 8 * 1024 * 1024
/** Longest name of a client, in bytes. */
const MOST_CLIENT_BYTES = 32

/** @throws RangeError of what no frame can hold: a wrong client name, or more than `MOST_FRAME_BYTES` */
export function encodeAsk({ client, payload }: Ask): Uint8Array {
  if (!isClientName(client)) throw new RangeError('not the name of a client')
  return framed([encoder.encode(`${client}\n`), payload])
}

/** Null: not one whole frame and nothing after it. */
export function decodeAsk(bytes: Uint8Array): Ask | null {
  const body = bodyOf(bytes)
  const end = body?.subarray(0, MOST_CLIENT_BYTES + 1).indexOf(NEW_LINE) ?? -1
  if (body === null || end < 0) return null
  const client = textOf(body.subarray(0, end))
  return client !== null && isClientName(client) ? { client, payload: body.subarray(end + 1) } : null
}

/** @throws RangeError of a reply larger than `MOST_FRAME_BYTES`, or an exit code that is no byte */
export function encodeReply({ exit, stdout, stderr }: HookReply): Uint8Array {
  if (!Number.isInteger(exit) || exit < 0 || exit > 255) throw new RangeError('an exit code is one byte')
  const out = encoder.encode(stdout)
  return framed([Uint8Array.of(exit), lengthBytes(out.length), out, encoder.encode(stderr)])
}

/** Null: not one whole frame of valid UTF-8 and nothing after it. */
export function decodeReply(bytes: Uint8Array): HookReply | null {
  const body = bodyOf(bytes)
  if (body === null || body.length < REPLY_HEAD_BYTES) return null
  const end = REPLY_HEAD_BYTES + lengthAt(body, 1)
  if (end > body.length) return null
  const stdout = textOf(body.subarray(REPLY_HEAD_BYTES, end))
  const stderr = textOf(body.subarray(end))
  return stdout === null || stderr === null ? null : { exit: body[0] ?? 0, stdout, stderr }
}

/**
 * How many bytes the frame that begins here has in all, its length field included, for whoever reads it from a stream.
 * Null: too few bytes to say. `too_large`: nothing more needs to be read.
 */
export function frameBytes(begun: Uint8Array): number | 'too_large' | null {
  if (begun.length < LENGTH_BYTES) return null
  const length = lengthAt(begun, 0)
  return length > MOST_FRAME_BYTES ? 'too_large' : LENGTH_BYTES + length
}

const LENGTH_BYTES = 4
const REPLY_HEAD_BYTES = 1 + LENGTH_BYTES
const NEW_LINE = 0x0a

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isClientName = (client: string): boolean => /^[a-z][a-z-]{0,31}$/.test(client)

function framed(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > MOST_FRAME_BYTES) throw new RangeError('a frame holds no more than 8 MiB')
  return Buffer.concat([lengthBytes(length), ...parts])
}

function bodyOf(bytes: Uint8Array): Uint8Array | null {
  return frameBytes(bytes) === bytes.length ? bytes.subarray(LENGTH_BYTES) : null
}

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES)
  new DataView(bytes.buffer).setUint32(0, length)
  return bytes
}

const lengthAt = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at)

function textOf(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}
