import { EventEmitter } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import type { FoundPage } from '@writ/postgres'
import type { RimRequest } from '../http/request.ts'
import { pieceOf } from './live-piece.ts'
import type { Piece } from './live-piece.ts'
import { LiveRecords } from './live-records.ts'

const page = (count: number, characters: number, next: number | null = null): FoundPage => ({
  leaves: Array.from({ length: count }, (_, leafIndex) => ({
    leafIndex,
    ingestedAt: new Date(0),
    kind: 'unreadable',
    bytes: Buffer.from('x'.repeat(characters)),
    record: null,
  })),
  next,
})

const told = (next: number | null, end: number) => {
  const { events, place, isMore } = pieceOf(page(50, 100, next), end)
  return [events.length, place, isMore]
}

describe('what a tail says at once', () => {
  it('is little of what is large, and goes on behind that', () => {
    const { events, place, isMore } = pieceOf(page(50, 65_000), 99)
    expect(events.join('').length).toBeLessThan(400_000)
    expect([place, isMore]).toEqual([events.length - 1, true])
    expect(events.at(-1)).toContain(`id: ${place}\n`)
  })

  it('is all of what is small', () => {
    expect([told(null, 99), told(null, 3), told(49, 99)]).toEqual([
      [50, 99, false],
      [50, 49, false],
      [50, 49, true],
    ])
  })
})

/** As it is, but for how long it waits. Every look finds as much as nobody reads. */
class Impatient extends LiveRecords {
  protected override readonly stallMs = 800
}

function givenTails() {
  const admission = { tenantId: 'ten_x', roles: ['auditor'] }
  const sockets = new EventEmitter()
  const request: RimRequest = Object.create({ admission, raw: { socket: sockets } })
  const found: Piece = { events: ['x'.repeat(200_000)], place: 1, isMore: true }
  const access = { admit: () => Promise.resolve() }
  const tenancy = { runById: () => Promise.resolve(found) }
  const tails: LiveRecords = Reflect.construct(Impatient, [access, tenancy])
  return { open: () => tails.open(request, { seconds: 3600 }, undefined), sockets }
}

describe('a reader that does not read', () => {
  it('loses its tail, so that somebody else can have it', async () => {
    const { open, sockets } = givenTails()
    const tails = Array.from({ length: 20 }, () => open())
    expect(() => open()).toThrow('Too Many Requests')
    for (const tail of tails) tail.read(0)
    await Promise.all(tails.map((tail) => new Promise((closed) => tail.once('close', closed))))
    const again = open()
    expect(sockets.listenerCount('close')).toBe(1)
    again.destroy()
  })

  it('is another one than who reads slowly', async () => {
    const tail = givenTails().open()
    let taken = 0
    for (let n = 0; n < 10; n += 1) {
      await new Promise((wait) => setTimeout(wait, 120))
      taken += String(tail.read() ?? '').length
    }
    expect([tail.destroyed, taken > 400_000]).toEqual([false, true])
    tail.destroy()
  })
})
