import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { decodeAsk, decodeReply, encodeAsk, encodeReply, frameBytes, MOST_FRAME_BYTES } from './frames.ts'

const asks = fc.record({
  client: fc.stringMatching(/^[a-z][a-z-]{0,31}$/),
  payload: fc.uint8Array({ maxLength: 300 }),
})
const texts = fc.string({ unit: 'binary', maxLength: 100 })
const replies = fc.record({ exit: fc.integer({ min: 0, max: 255 }), stdout: texts, stderr: texts })

describe('frames', () => {
  it('bring back what was put into them', () => {
    fc.assert(
      fc.property(asks, (ask) => {
        const decoded = decodeAsk(encodeAsk(ask))
        expect(decoded?.client).toBe(ask.client)
        expect(Buffer.compare(decoded?.payload ?? new Uint8Array(1), ask.payload)).toBe(0)
      }),
    )
    fc.assert(fc.property(replies, (reply) => expect(decodeReply(encodeReply(reply))).toEqual(reply)))
  })

  it('never decode with bytes missing, or with one too many', () => {
    fc.assert(
      fc.property(asks, replies, fc.nat(), (ask, reply, cut) => {
        for (const [bytes, decode] of [
          [encodeAsk(ask), decodeAsk],
          [encodeReply(reply), decodeReply],
        ] as const) {
          expect(decode(bytes.subarray(0, cut % bytes.length))).toBeNull()
          expect(decode(Buffer.concat([bytes, Buffer.of(0)]))).toBeNull()
        }
      }),
    )
  })

  it('never throw on bytes that nobody encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => [decodeAsk(bytes), decodeReply(bytes), frameBytes(bytes)]).not.toThrow()
      }),
    )
  })

  it.each([
    ['a name that is none', frame('Claude\n{}')],
    ['no name', frame('\n{}')],
    ['no end of the name', frame('claude-code{}')],
    ['a name too long', frame(`${'a'.repeat(33)}\n{}`)],
    ['a length beyond the bound', Buffer.concat([Buffer.of(0xff, 0xff, 0xff, 0xff), Buffer.alloc(8)])],
  ])('are no ask with %s', (_what, bytes) => {
    expect(decodeAsk(bytes)).toBeNull()
  })

  it.each([
    ['stdout longer than the frame', frame(Buffer.from([0, 0, 0, 0, 9, 0x7b, 0x7d]))],
    ['stdout one byte longer than the frame', frame(Buffer.from([0, 0, 0, 0, 3, 0x7b, 0x7d]))],
    ['no room for the head', frame(Buffer.from([0, 0, 0]))],
    ['bytes that are no UTF-8', frame(Buffer.from([2, 0, 0, 0, 1, 0xff, 0x61]))],
  ])('are no reply with %s', (_what, bytes) => {
    expect(decodeReply(bytes)).toBeNull()
  })

  it('refuse to be made of what they cannot hold', () => {
    const large = new Uint8Array(MOST_FRAME_BYTES)
    expect(() => encodeAsk({ client: 'cursor', payload: large })).toThrow(RangeError)
    expect(() => encodeAsk({ client: 'cursor\n', payload: new Uint8Array() })).toThrow(RangeError)
    expect(() => encodeReply({ exit: 256, stdout: '', stderr: '' })).toThrow(RangeError)
    expect(() => encodeReply({ exit: -1, stdout: '', stderr: '' })).toThrow(RangeError)
  })

  it('say from their first four bytes how long they are', () => {
    expect(frameBytes(Buffer.of(0, 0, 1))).toBeNull()
    expect(frameBytes(Buffer.of(0, 0, 1, 0))).toBe(260)
    expect(frameBytes(Buffer.of(0, 0x80, 0, 1))).toBe('too_large')
  })
})

function frame(body: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(body)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
