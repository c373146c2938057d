import { crc32 } from 'node:zlib'
import { Evidence } from '@writ/contracts'
import type { Frame } from './batch.ts'

/** A frame longer than this is not a frame but damage. */
export const MAX_FRAME_BYTES = 256 * 1024

const HEADER_BYTES = 8
const StoredFrame = Evidence.shape.records.element.omit({ leafIndex: true })

/** `endOffset`: where the frame ends in the scanned bytes, so that a reader can resume or truncate there. */
export type ScannedFrame = Frame & { readonly endOffset: number }

/** `soundBytes`: length of the prefix that is whole frames; `torn` when something follows it. */
export type SpoolScan = {
  readonly frames: readonly ScannedFrame[]
  readonly soundBytes: number
  readonly torn: boolean
}

/**
 * One frame of a spool segment: payload length (u32, big endian), CRC-32 of those four bytes and the payload (u32, big
 * endian), payload. That is a line with stream and sequence number, a space between them, and then the record's bytes as they are.
 * @throws RangeError when the frame would pass `MAX_FRAME_BYTES`
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { buffer, endOffset } = putFrame(frame, Buffer.allocUnsafe(0), 0)
  return buffer.subarray(0, endOffset)
}

/**
 * Puts a frame into a buffer, at an offset.
 * @returns the buffer, or a larger one that begins with the same bytes where it was too short, and where the frame ends
 * @throws RangeError when the frame would pass `MAX_FRAME_BYTES`
 */
export function putFrame(
  { stream, seq, bytes }: Frame,
  buffer: Buffer,
  offset: number,
): { buffer: Buffer; endOffset: number } {
  // What has no UTF-8 is no record; it stands in the form that frames had before, where it can be escaped.
  const isWhole = !LONE_SURROGATE.test(bytes)
  const place = isWhole ? `${stream} ${seq}\n` : ''
  const text = isWhole ? bytes : JSON.stringify({ bytes, seq, stream })
  // no code unit is longer than three bytes
  const neededBytes = offset + HEADER_BYTES + place.length + 3 * text.length
  const target = neededBytes <= buffer.length ? buffer : enlarged(buffer, offset, neededBytes)
  const start = offset + HEADER_BYTES
  // piece by piece: a text of both would be copied once more before it is written
  let endOffset = start + target.write(place, start, 'latin1')
  endOffset += target.write(text, endOffset, 'utf8')
  sealPayload(target, offset, endOffset)
  return { buffer: target, endOffset }
}

const LONE_SURROGATE = /\p{Surrogate}/u

function enlarged(buffer: Buffer, usedBytes: number, neededBytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, 2 * buffer.length))
  buffer.copy(larger, 0, 0, usedBytes)
  return larger
}

function sealPayload(target: Buffer, offset: number, endOffset: number): void {
  const start = offset + HEADER_BYTES
  if (endOffset - start > MAX_FRAME_BYTES) throw new RangeError('the frame is larger than a spool may hold')
  target.writeUInt32BE(endOffset - start, offset)
  const checksum = checksumOf(target.subarray(offset, offset + 4), target.subarray(start, endOffset))
  target.writeUInt32BE(checksum, offset + 4)
}

/** Reads frames until the first that is torn or damaged; nothing after it is trusted, whatever it looks like. */
export function scanFrames(segment: Uint8Array): SpoolScan {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength)
  const frames: ScannedFrame[] = []
  let soundBytes = 0
  for (;;) {
    const frame = frameAt(bytes, soundBytes)
    if (frame === null) return { frames, soundBytes, torn: soundBytes < bytes.length }
    frames.push(frame)
    soundBytes = frame.endOffset
  }
}

function frameAt(bytes: Buffer, offset: number): ScannedFrame | null {
  if (offset + HEADER_BYTES > bytes.length) return null
  const length = bytes.readUInt32BE(offset)
  const start = offset + HEADER_BYTES
  // length 0 with checksum 0 is what a preallocated segment holds
  if (length === 0 || length > MAX_FRAME_BYTES || start + length > bytes.length) return null
  const payload = bytes.subarray(start, start + length)
  if (checksumOf(bytes.subarray(offset, offset + 4), payload) !== bytes.readUInt32BE(offset + 4)) return null
  const frame = frameOf(payload)
  return frame === null ? null : { ...frame, endOffset: start + length }
}

const checksumOf = (lengthField: Uint8Array, payload: Uint8Array): number =>
  crc32(payload, crc32(lengthField))

const OPENING_BRACE = 0x7b
const LINE_BREAK = 0x0a
const PLACE = /^(\S+) (0|[1-9]\d*)$/

function frameOf(payload: Buffer): Frame | null {
  const frame = payload[0] === OPENING_BRACE ? formerFrameOf(payload) : placedFrameOf(payload)
  return StoredFrame.safeParse(frame).data ?? null
}

function placedFrameOf(payload: Buffer): unknown {
  const lineEnd = payload.indexOf(LINE_BREAK)
  const [, stream, seq] = PLACE.exec(payload.toString('latin1', 0, Math.max(0, lineEnd))) ?? []
  return { stream, seq: Number(seq), bytes: payload.toString('utf8', lineEnd + 1) }
}

/** JSON of the whole frame: so the payload was in earlier releases. */
function formerFrameOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return null
  }
}
