import type { Mount } from '../confinement/mounts.ts'
import type { Refused } from './refused.ts'

/** One thing that was refused in one run, however often. `more`: many of its kind were, and this stands for those at one place. */
export type RefusedThing = Refused & { readonly more: boolean }

export type RefusedCollection = {
  readonly add: (refused: Refused) => void
  /** those that were not taken yet, each with the times since it was last taken; the first time of a thing `isNew` */
  readonly take: (wanted: 'new' | 'all') => readonly (RefusedThing & { readonly isNew: boolean })[]
}

/** Things of one kind that are told apart. */
export const MOST_OF_A_KIND = 200

/**
 * Counts what was refused. Whoever makes up paths cannot fill memory or the ledger with them, nor hide one thing among them: beyond a bound
 * they are counted by the place that they are in, and of places there are as many as there are mounts.
 */
export function createRefusedCollection(mounts: readonly Pick<Mount, 'at'>[]): RefusedCollection {
  const things = new Map<string, Counted>()
  const ofKind = new Map<string, number>()
  const places = [...new Set(mounts.map(({ at }) => at))].toSorted((one, two) => two.length - one.length)
  const keep = (thing: RefusedThing): void => {
    things.set(keyOf(thing), { thing, waiting: thing.times, isTaken: false })
  }
  return {
    add(refused) {
      const kind = kindOf(refused)
      const known = things.get(keyOf({ ...refused, more: false }))
      if (known) return void (known.waiting += refused.times)
      const count = ofKind.get(kind) ?? 0
      if (count < MOST_OF_A_KIND) {
        ofKind.set(kind, count + 1)
        return keep({ ...refused, more: false })
      }
      const wide: RefusedThing = { ...refused, about: placeOf(refused.about, places), more: true }
      const together = things.get(keyOf(wide))
      if (together) together.waiting += refused.times
      else keep(wide)
    },
    take: (wanted) =>
      [...things.values()]
        .filter(({ isTaken, waiting }) => waiting > 0 && (wanted === 'all' || !isTaken))
        .map(taken),
  }
}

type Counted = { readonly thing: RefusedThing; waiting: number; isTaken: boolean }

function taken(counted: Counted): RefusedThing & { readonly isNew: boolean } {
  const { thing, waiting, isTaken } = counted
  counted.waiting = 0
  counted.isTaken = true
  return { ...thing, times: waiting, isNew: !isTaken }
}

/** A path that is opened in two ways is one thing. */
const isOfFile = ({ what }: Refused): boolean => /^(read|write|make|delete)/.test(what)

const kindOf = (refused: Refused): string =>
  isOfFile(refused) ? (refused.what.split('-')[0] ?? '') : `${refused.what} ${refused.call}`

const keyOf = ({ more, ...refused }: RefusedThing): string => `${kindOf(refused)} ${more} ${refused.about}`

const placeOf = (about: string, places: readonly string[]): string =>
  about.startsWith('/')
    ? (places.find((place) => about === place || about.startsWith(place === '/' ? place : `${place}/`)) ??
      '/')
    : ''
