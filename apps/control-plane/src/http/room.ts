/** How much may be under way at once: in all, and for one of those who ask. */
export type RoomLimits = { readonly all: number; readonly each: number }

/** Places for what costs memory while it is under way. Whoever finds none is refused, and nobody takes all of them. */
export class Room {
  readonly #limits: RoomLimits
  readonly #taken = new Map<string, number>()
  #all = 0

  constructor(limits: RoomLimits) {
    this.#limits = limits
  }

  /** @returns what gives the place back, once; null where there is none */
  enter(who: string): (() => void) | null {
    const taken = this.#taken.get(who) ?? 0
    if (this.#all >= this.#limits.all || taken >= this.#limits.each) return null
    this.#taken.set(who, taken + 1)
    this.#all += 1
    let isHeld = true
    return () => {
      if (isHeld) this.#leave(who)
      isHeld = false
    }
  }

  #leave(who: string): void {
    this.#all -= 1
    const left = (this.#taken.get(who) ?? 1) - 1
    if (left === 0) this.#taken.delete(who)
    else this.#taken.set(who, left)
  }
}
