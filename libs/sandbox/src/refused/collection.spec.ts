import { describe, expect, it } from '@jest/globals'
import { createRefusedCollection, MOST_OF_A_KIND } from './collection.ts'
import type { Refused } from './refused.ts'

const MOUNTS = [{ at: '/' }, { at: '/usr' }, { at: '/home/dev/ws' }, { at: '/home/dev/ws/.git/hooks' }]
const refused = (what: Refused['what'], about: string, times = 1, call = 'openat'): Refused => ({
  what,
  call,
  about,
  times,
})

describe('what was refused in a run', () => {
  it('is counted by what it was about, however it was asked', () => {
    const things = createRefusedCollection(MOUNTS)
    things.add(refused('write', '/usr/x'))
    things.add(refused('write', '/usr/x', 4, 'open'))
    things.add(refused('make-missing', '/usr/x'))
    things.add(refused('read', '/usr/x'))
    expect(things.take('new').map(({ what, about, times }) => [what, about, times])).toEqual([
      ['write', '/usr/x', 5],
      ['make-missing', '/usr/x', 1],
      ['read', '/usr/x', 1],
    ])
  })

  it('is taken once, and what comes after that at the end', () => {
    const things = createRefusedCollection(MOUNTS)
    things.add(refused('write', '/usr/x', 2))
    expect(things.take('new')).toMatchObject([{ times: 2, isNew: true }])
    things.add(refused('write', '/usr/x', 3))
    expect(things.take('new')).toEqual([])
    expect(things.take('all')).toMatchObject([{ times: 3, isNew: false }])
    expect(things.take('all')).toEqual([])
  })

  it('of one kind is told apart up to a bound, then by its place, and none is left out', () => {
    const things = createRefusedCollection(MOUNTS)
    const count = 20 * MOST_OF_A_KIND
    for (let at = 0; at < count; at++) things.add(refused('write', `/usr/made-up/${at}`))
    things.add(refused('write', '/home/dev/ws/.git/hooks/post-commit'))
    things.add(refused('read-missing', '/home/dev/.ssh/id'))
    const taken = things.take('all')
    expect(taken.length).toBe(MOST_OF_A_KIND + 3)
    expect(taken.reduce((times, thing) => times + thing.times, 0)).toBe(count + 2)
    expect(taken.slice(MOST_OF_A_KIND)).toMatchObject([
      { about: '/usr', more: true, times: count - MOST_OF_A_KIND },
      { about: '/home/dev/ws/.git/hooks', more: true, times: 1 },
      { about: '/home/dev/.ssh/id', more: false, times: 1 },
    ])
  })

  it('is bounded too where it has no place', () => {
    const things = createRefusedCollection(MOUNTS)
    for (let at = 0; at < 10_000; at++) things.add(refused('host', `10.0.0.1:${at}`, 1, 'connect'))
    expect(things.take('all')).toHaveLength(MOST_OF_A_KIND + 1)
  })
})
