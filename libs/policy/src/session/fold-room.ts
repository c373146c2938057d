import { SESSION_CAPS } from '@writ/contracts'
import type { SessionState } from '@writ/contracts'
import type { FoldSpec, SessionPlan } from './plan.ts'
import { ID_LENGTH } from './plan.ts'
import type { Slots } from './slots.ts'
import { coarser, MAX_SLOTS, oldestOf } from './slots.ts'

export type Folds = SessionState['folds']

/**
 * Under which names the events that are like the one asked about are kept. `own`, while there is room. `shared`, when one fold has too
 * many: 64 places, by the first character of the fingerprint. `last`, when all folds together have: one place for each fold. Those who
 * share count for each other: never too little.
 */
export type Place = { readonly own: string; readonly shared: string | null; readonly last: string | null }

export const OWN = '/'
export const SHARED = '/~'

/** How many resources, or arguments, one fold keeps apart; all folds together keep `SESSION_CAPS.foldKeys` apart. */
const MAX_KEYS = 128

/** The folds of a state while one event is counted: a copy, which knows how full it is. */
export class FoldRoom {
  readonly #folds: Folds
  readonly #plan: SessionPlan
  #size: number
  /** by fold, how many keys of its own it has; counted once a key is new */
  #own: Map<string, number> | null = null

  constructor(folds: Folds, plan: SessionPlan) {
    this.#folds = { ...folds }
    this.#plan = plan
    this.#size = Object.keys(folds).length
  }

  at(name: string): Slots {
    return this.#folds[name] ?? NOTHING
  }

  put(name: string, slots: Slots): void {
    this.#size += Number(slots.length > 0) - Number(this.#folds[name] !== undefined)
    if (slots.length === 0) delete this.#folds[name]
    else this.#folds[name] = slots.map(([slot, amount]) => [slot, amount])
  }

  /** Where an event is counted. */
  homeOf({ id }: FoldSpec, { own, shared, last }: Place, nowMs: number): string {
    if (shared === null || last === null || this.#folds[own] !== undefined) return own
    const counts = this.#counted(nowMs)
    const count = counts.get(id) ?? 0
    const home = count < MAX_KEYS ? own : shared
    if (this.#folds[home] === undefined && this.#size >= SESSION_CAPS.foldKeys) return last
    if (home === own) counts.set(id, count + 1)
    return home
  }

  /** Where an event was counted. */
  foundAt({ own, shared, last }: Place): string | undefined {
    return [own, shared, last].find((name) => name !== null && this.#folds[name] !== undefined) ?? undefined
  }

  /**
   * Within the bounds of a state. Folds that no rule asks for any more are forgotten; too many slots in all are kept on a coarser grid: what
   * happened leaves later, and is never forgotten early.
   */
  bounded(): Folds {
    if (this.#size > SESSION_CAPS.foldKeys) this.#forgetUnasked()
    if (this.#size * MAX_SLOTS > SESSION_CAPS.slots) this.#thinOut()
    return this.#folds
  }

  #thinOut(): void {
    const names = Object.keys(this.#folds)
    const slots = names.reduce((total, name) => total + this.at(name).length, 0)
    if (slots <= SESSION_CAPS.slots) return
    const most = Math.max(1, Math.floor(SESSION_CAPS.slots / names.length))
    for (const name of names) this.put(name, coarser(this.at(name), most))
  }

  #forgetUnasked(): void {
    const asked = new Set(this.#plan.folds.map(({ id }) => id))
    for (const name of Object.keys(this.#folds))
      if (!asked.has(name.slice(0, ID_LENGTH))) this.put(name, NOTHING)
  }

  /** How many resources, or arguments, each fold keeps apart now; those that have left its window make room. */
  #counted(nowMs: number): Map<string, number> {
    if (this.#own !== null) return this.#own
    const oldest = new Map(this.#plan.folds.map(({ id, window }) => [id, oldestOf(nowMs, window)]))
    const counts = new Map<string, number>()
    for (const name of Object.keys(this.#folds)) {
      if (name.charAt(ID_LENGTH) !== OWN || name.startsWith(SHARED, ID_LENGTH)) continue
      const id = name.slice(0, ID_LENGTH)
      const newest = this.at(name).at(-1)?.[0] ?? 0
      if (newest < (oldest.get(id) ?? newest)) this.put(name, NOTHING)
      else counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    this.#own = counts
    return counts
  }
}

const NOTHING: Slots = []
