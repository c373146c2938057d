import type { LeaseSecret } from '@writ/contracts'
import type { Lease } from '@writ/enforcement'

/** A lease in hand. `lease` is the same object for as long as it is held. */
export type HeldLease = {
  readonly lease: Lease
  readonly secret: LeaseSecret
  /** when to ask for the next one; later than `renewAtMs` after an attempt failed */
  readonly renewAtMs: number
}

/** Leases by key, at most `capacity` of them; the one unused for longest goes first. In memory only. */
export class LeaseCache {
  private readonly held = new Map<string, HeldLease>()
  private readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** never a lease that has expired */
  get(key: string, nowMs: number): HeldLease | null {
    const held = this.held.get(key)
    this.held.delete(key)
    if (!held || nowMs >= held.secret.expiresAtMs) return null
    this.held.set(key, held)
    return held
  }

  set(key: string, held: HeldLease): void {
    this.held.delete(key)
    this.held.set(key, held)
    const [oldest] = this.held.keys()
    if (this.held.size > this.capacity && oldest !== undefined) this.held.delete(oldest)
  }

  delete(key: string): void {
    this.held.delete(key)
  }
}
