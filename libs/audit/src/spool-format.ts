import { crc32 } from 'node:zlib'
import { Evidence } from '@writ/contracts'
import type { Frame } from './batch.ts'
import { canonical } from './canonical.ts'

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
 * endian), payload (UTF-8 JSON of the frame).
 * @throws RangeError when the frame would pass `MAX_FRAME_BYTES`
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { stream, seq, bytes } = frame
  const payload = Buffer.from(canonical({ stream, seq, bytes }))
  if (payload.length > MAX_FRAME_BYTES) throw new RangeError('the frame is larger than a spool may hold')
  const whole = Buffer.allocUnsafe(HEADER_BYTES + payload.length)
  whole.writeUInt32BE(payload.length, 0)
  whole.writeUInt32BE(checksumOf(whole.subarray(0, 4), payload), 4)
  whole.set(payload, HEADER_BYTES)
  return whole
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

function frameOf(payload: Buffer): Frame | null {
  try {
    return StoredFrame.safeParse(JSON.parse(payload.toString('utf8'))).data ?? null
  } catch {
    return null
  }
}
