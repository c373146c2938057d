import { Injectable } from '@nestjs/common'
import { Clock } from '../clock.ts'
import { Settings } from '../settings.ts'
import type { WitnessPlace } from './places.ts'
import { cosign, lastSeenBy } from './witness-client.ts'
import type { Cosigning, CosigningRequest } from './witness-client.ts'

/** A witness that did not answer, or only after a while, is not asked again for so long: waiting for it would hold up every log. */
const REST_MS = 30_000
const SLOW_MS = 2000

type Away = Extract<Cosigning, { readonly kind: 'away' | 'disputed' }>

/** The witnesses that are configured. */
@Injectable()
export class Witnesses {
  readonly #away = new Map<WitnessPlace, { readonly untilMs: number; readonly answer: Away }>()

  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  get places(): readonly WitnessPlace[] {
    return this.settings.witnesses
  }

  /** Null also from one that does not tell, and from one that is away. */
  async lastSeen(place: WitnessPlace, origin: string): Promise<string | null> {
    if (this.#resting(place) !== null) return null
    const seen = await this.#timed(place, () => lastSeenBy(place, origin))
    if (seen === 'away') this.#rest(place, { kind: 'away', detail: 'it did not answer' })
    return seen === 'away' ? null : seen
  }

  async cosign(place: WitnessPlace, request: CosigningRequest): Promise<Cosigning> {
    const resting = this.#resting(place)
    if (resting !== null) return resting
    const answer = await this.#timed(place, () => cosign(place, request))
    if (answer.kind === 'away') this.#rest(place, answer)
    return answer
  }

  async #timed<T>(place: WitnessPlace, ask: () => Promise<T>): Promise<T> {
    const askedAtMs = this.clock.nowMs()
    const answer = await ask()
    if (this.clock.nowMs() - askedAtMs > SLOW_MS)
      this.#rest(place, { kind: 'away', detail: 'it answers too slowly' })
    return answer
  }

  #resting(place: WitnessPlace): Away | null {
    const away = this.#away.get(place)
    return away !== undefined && this.clock.nowMs() < away.untilMs ? away.answer : null
  }

  #rest(place: WitnessPlace, answer: Away): void {
    this.#away.set(place, { untilMs: this.clock.nowMs() + REST_MS, answer })
  }
}
