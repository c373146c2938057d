import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Held } from './held-records.ts'
import { HeldRecords } from './held-records.ts'

const MEBIBYTE = 1024 * 1024

describe('records in memory', () => {
  it('read back as they were put, whichever others came and went', () => {
    const steps = fc.array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc.string({ unit: 'grapheme', maxLength: 50 }).map((text) => text.repeat(200)),
        },
        { weight: 2, arbitrary: fc.nat(1000) },
      ),
      { minLength: 300, maxLength: 400 },
    )
    fc.assert(
      fc.property(steps, (taken) => {
        const held = new HeldRecords(MEBIBYTE / 2)
        const kept: { text: string; place: Held }[] = []
        for (const step of taken) {
          if (typeof step === 'string') {
            const place = held.put(step)
            if (place) kept.push({ text: step, place })
          } else if (kept.length > 0) {
            for (const { place } of kept.splice(step % kept.length, 1)) held.release(place)
          }
        }
        for (const { text, place } of kept) expect(held.read(place)).toBe(text)
      }),
    )
  })

  it('take no more than their bound, and find room again once others have gone', () => {
    const held = new HeldRecords(MEBIBYTE)
    const places: Held[] = []
    for (let place = held.put('x'.repeat(10_000)); place; place = held.put('x'.repeat(10_000)))
      places.push(place)
    expect(places.length * 10_000).toBeLessThanOrEqual(MEBIBYTE)
    expect(places.length * 10_000).toBeGreaterThan(MEBIBYTE / 2)
    for (const place of places) held.release(place)
    expect(held.put('again')).not.toBeNull()
  })

  it('use the same memory again for ever', () => {
    const held = new HeldRecords(MEBIBYTE)
    const slabs = new Set<Held['slab']>()
    for (let round = 0; round < 10_000; round += 1) {
      const place = held.put('x'.repeat(1000))
      if (!place) throw new Error('there was no room')
      slabs.add(place.slab)
      held.release(place)
    }
    expect(slabs.size).toBe(1)
  })

  it('are not held at all where there is no room for any, or where one is too large', () => {
    expect(new HeldRecords(20).put('x')).toBeNull()
    expect(new HeldRecords(MEBIBYTE).put('x'.repeat(MEBIBYTE))).toBeNull()
  })
})
