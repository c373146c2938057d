import { crc32 } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { framesOf, STREAM } from './sample.fixture.ts'
import { encodeFrame, putFrame, scanFrames } from './spool-format.ts'

const frames = framesOf(STREAM, 4)
const encoded = frames.map(encodeFrame)
const segment = Buffer.concat(encoded)
const ends = encoded.map((_, at) => Buffer.concat(encoded.slice(0, at + 1)).length)
const plain = (scan: ReturnType<typeof scanFrames>) =>
  scan.frames.map(({ stream, seq, bytes }) => ({ stream, seq, bytes }))
/** How many frames lie wholly before a byte. */
const wholeBefore = (offset: number): number => ends.filter((end) => end <= offset).length

describe('a spool segment', () => {
  it('reads back what was written, and where each frame ends', () => {
    const scan = scanFrames(segment)
    expect(plain(scan)).toEqual(frames)
    expect(scan.frames.map(({ endOffset }) => endOffset)).toEqual(ends)
    expect(scan).toMatchObject({ soundBytes: segment.length, torn: false })
  })

  it('is sound up to the last whole frame wherever the tail is torn', () => {
    fc.assert(
      fc.property(fc.nat(segment.length), (length) => {
        const scan = scanFrames(segment.subarray(0, length))
        const whole = wholeBefore(length)
        expect(plain(scan)).toEqual(frames.slice(0, whole))
        expect(scan.soundBytes).toBe(ends[whole - 1] ?? 0)
        expect(scan.torn).toBe(scan.soundBytes < length)
      }),
    )
  })

  it('ends before the frame in which any single bit is flipped', () => {
    fc.assert(
      fc.property(fc.nat(segment.length * 8 - 1), (bit) => {
        const damaged = Buffer.from(segment)
        const at = bit >> 3
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7))
        const scan = scanFrames(damaged)
        expect(plain(scan)).toEqual(frames.slice(0, wholeBefore(at)))
        expect(scan.torn).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('never throws and never invents a frame in garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        const scan = scanFrames(Buffer.concat([segment, garbage]))
        expect(plain(scan)).toEqual(frames)
        expect(scan.torn).toBe(garbage.length > 0)
      }),
    )
  })

  it('takes preallocated zeros for its end', () => {
    const scan = scanFrames(Buffer.concat([segment, Buffer.alloc(4096)]))
    expect(scan).toMatchObject({ soundBytes: segment.length, torn: true })
  })

  it('reads a view that does not begin at its buffer', () => {
    const padded = Buffer.concat([Buffer.from('padding'), segment])
    expect(plain(scanFrames(new Uint8Array(padded.buffer, padded.byteOffset + 7, segment.length)))).toEqual(
      frames,
    )
  })

  it('reads frames as earlier releases wrote them, among those of today', () => {
    const former = frames.map(({ bytes, seq, stream }) => {
      const payload = Buffer.from(JSON.stringify({ bytes, seq, stream }))
      const header = Buffer.alloc(8)
      header.writeUInt32BE(payload.length)
      header.writeUInt32BE(crc32(payload, crc32(header.subarray(0, 4))), 4)
      return Buffer.concat([header, payload])
    })
    expect(plain(scanFrames(Buffer.concat([...former, segment])))).toEqual([...frames, ...frames])
  })

  it('does not take a frame that is larger than it may read', () => {
    expect(() => encodeFrame({ stream: STREAM, seq: 0, bytes: 'x'.repeat(300_000) })).toThrow(RangeError)
  })
})

describe('frames that are put into one buffer', () => {
  it('are the very bytes of each frame, one after the other, also where the buffer was too short', () => {
    for (const sizeBytes of [0, 100, 1024 * 1024]) {
      let put: ReturnType<typeof putFrame> = { buffer: Buffer.alloc(sizeBytes, 7), endOffset: 0 }
      for (const frame of frames) put = putFrame(frame, put.buffer, put.endOffset)
      expect(put.buffer.subarray(0, put.endOffset).equals(segment)).toBe(true)
    }
  })

  it('say any text as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (bytes, seq) => {
        const { buffer, endOffset } = putFrame({ stream: STREAM, seq, bytes }, Buffer.alloc(64), 8)
        expect(plain(scanFrames(buffer.subarray(8, endOffset)))).toEqual([{ stream: STREAM, seq, bytes }])
      }),
    )
  })

  it('are not put when one is larger than a spool may hold', () => {
    const large = { stream: STREAM, seq: 0, bytes: 'x'.repeat(300_000) }
    expect(() => putFrame(large, Buffer.alloc(16), 0)).toThrow(RangeError)
  })
})
