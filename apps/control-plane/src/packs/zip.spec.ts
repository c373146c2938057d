import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { inPieces, zipOf } from './zip.ts'
import type { Member, Written } from './zip.ts'

const MADE_AT = new Date('2026-11-20T10:00:00.000Z')

const member = (name: string, ...parts: (string | Uint8Array)[]): Member => ({
  name,
  bytes: () => Readable.from(parts),
})

async function read(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

describe('an archive', () => {
  it('tells of each member what was written, before the next one is asked for', async () => {
    const written: Written[] = []
    let known = -1
    const second: Member = {
      name: 'b',
      bytes: () => {
        known = written.length
        return Readable.from(['two'])
      },
    }
    const zip = await read(zipOf([member('a', 'o', 'ne', ''), second], MADE_AT, (each) => written.push(each)))
    expect(known).toBe(1)
    expect(written).toEqual([
      { name: 'a', sha256: createHash('sha256').update('one').digest('hex'), sizeBytes: 3 },
      { name: 'b', sha256: createHash('sha256').update('two').digest('hex'), sizeBytes: 3 },
    ])
    expect(zip.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04')
    expect(zip.subarray(-22, -18).toString('latin1')).toBe('PK\x05\x06')
  })

  it('is the same bytes for the same members and moment', async () => {
    const members = [member('a', 'one'), { ...member('b', 'two'), isDense: true }]
    const one = await read(zipOf(members, MADE_AT, () => {}))
    const again = members.map(({ name }) => ({
      ...member(name, name === 'a' ? 'one' : 'two'),
      isDense: name === 'b',
    }))
    expect(one.equals(await read(zipOf(again, MADE_AT, () => {})))).toBe(true)
  })

  it('fails when a member fails, and ends the others', async () => {
    const failing: Member = {
      name: 'b',
      bytes: async function* () {
        yield 'some'
        throw new Error('the row is gone')
      },
    }
    await expect(
      read(zipOf([member('a', 'one'), failing, member('c', 'x')], MADE_AT, () => {})),
    ).rejects.toThrow('the row is gone')
  })

  it('ends the member under way when nobody reads on, and holds on to none of those before it', async () => {
    let ended = 0
    let listeners = 0
    const endless: Member = {
      name: 'z',
      bytes: async function* () {
        listeners = zip.listenerCount('close')
        try {
          for (;;) yield randomBytes(65_536)
        } finally {
          ended += 1
        }
      },
    }
    const small = Array.from({ length: 20 }, (_, at) => member(`m${at}`, 'some'))
    const zip = zipOf([...small, endless], MADE_AT, () => {})
    let readBytes = 0
    for await (const part of zip) if ((readBytes += part.length) > 20_000) break
    expect(listeners).toBeLessThan(10)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([zip.destroyed, ended]).toEqual([true, 1])
  })

  it('waits for whoever reads it: of a member without end only a little is asked for', async () => {
    let asked = 0
    const endless: Member = {
      name: 'a',
      isDense: true,
      bytes: async function* () {
        for (;;) {
          asked += 1
          yield Buffer.alloc(65_536)
        }
      },
    }
    const zip = zipOf([endless], MADE_AT, () => {})
    for await (const part of zip) if (part.length > 1000) break
    const before = asked
    expect(before).toBeLessThan(40)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked).toBeLessThanOrEqual(before + 1)
  })
})

describe('pieces', () => {
  it('are of one size, but for the last, and together what they were', async () => {
    const parts = [10, 1, 0, 25, 4].map((length, at) => Buffer.alloc(length, at + 1))
    const pieces: Buffer[] = []
    for await (const piece of inPieces(Readable.from(parts), 8)) pieces.push(piece)
    expect(pieces.map(({ length }) => length)).toEqual([8, 8, 8, 8, 8])
    expect(Buffer.concat(pieces).equals(Buffer.concat(parts))).toBe(true)
  })
})
