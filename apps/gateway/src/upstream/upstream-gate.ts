import { isRefusal, Refusal } from '@writ/contracts'
import type { UpstreamState } from '@writ/contracts'
import type { HangUp } from '@writ/enforcement'
import { Breaker } from './breaker.ts'
import type { BreakerSettings, Pass } from './breaker.ts'
import type { CallWay, RawAnswer } from './upstream-call.ts'
import { createUpstreamPools, namesOf } from './upstream-pools.ts'
import type { PoolKey, PoolPorts, PoolSettings } from './upstream-pools.ts'

export type GateSettings = PoolSettings & {
  readonly breaker: BreakerSettings
  /** over all upstreams of a tenant, so that upstreams that hang do not take the gateway from the others */
  readonly callsPerTenant: number
}

/** How a call to an upstream ended, for figures: a closed set. */
export type UpstreamOutcome = 'answered' | 'failed' | 'refused' | 'broken' | 'busy' | 'gone'

/** What was learnt of an upstream by a call to it. */
export type UpstreamNews = {
  readonly key: PoolKey
  readonly state: UpstreamState
  readonly refusal: Refusal | null
}

export type GatePorts = PoolPorts & {
  readonly hear: (news: UpstreamNews) => void
  readonly ended: (outcome: UpstreamOutcome) => void
}

type Send = (way: CallWay) => Promise<RawAnswer | Refusal>

/** The way to every upstream. What one of them does, or one tenant, costs the others nothing. */
export type UpstreamGate = {
  readonly through: (key: PoolKey, hangUp: HangUp, send: Send) => Promise<RawAnswer | Refusal>
  readonly figures: () => { readonly pools: number; readonly underWay: number; readonly broken: number }
  readonly close: () => Promise<void>
}

/** Upstreams that are remembered: what is forgotten begins as one that works. */
const MOST_LINES = 10_000

export function createUpstreamGate(settings: GateSettings, ports: GatePorts): UpstreamGate {
  const pools = createUpstreamPools(settings, ports)
  const traffic = new Traffic(settings)
  const lines = new Lines(settings.breaker, ports.monotonicMs)
  return {
    through: async (key, hangUp, send) => {
      const breaker = lines.of(key)
      const pass = enter(key, traffic, breaker)
      if (isRefusal(pass)) {
        ports.ended(pass.code === 'upstream_broken' ? 'broken' : 'busy')
        return pass
      }
      const answer = await send({ dispatcher: pools.poolFor(key), ended: traffic.begin(key) })
      ports.ended(hangUp.aborted ? 'gone' : learn(key, { answer, pass, hear: ports.hear }))
      return answer
    },
    figures: () => ({ pools: pools.count(), underWay: traffic.underWay, broken: lines.open() }),
    close: pools.close,
  }
}

function enter(key: PoolKey, traffic: Traffic, breaker: Breaker): Pass | Refusal {
  return traffic.refusalFor(key) ?? breaker.enter()
}

type Learnt = {
  readonly answer: RawAnswer | Refusal
  readonly pass: Pass
  readonly hear: GatePorts['hear']
}

function learn(key: PoolKey, { answer, pass, hear }: Learnt): UpstreamOutcome {
  const refusal = isRefusal(answer) ? answer : null
  const state = stateAfter(answer)
  if (state === 'out_of_reach') hear({ key, state, refusal })
  else if (state === 'failing') {
    if (pass.failed()) hear({ key, state, refusal: refusal ?? UNAVAILABLE })
  } else {
    pass.succeeded()
    hear({ key, state, refusal: state === 'working' ? null : refusal })
  }
  if (state === 'failing') return 'failed'
  return refusal === null ? 'answered' : 'refused'
}

function stateAfter(answer: RawAnswer | Refusal): UpstreamState {
  if (!isRefusal(answer)) return GATEWAY_ERRORS.has(answer.status) ? 'failing' : 'working'
  return STATES[answer.code] ?? 'working'
}

/** Said by what stands before an upstream when that does not answer; a 500 is its own word. */
const GATEWAY_ERRORS: ReadonlySet<number> = new Set([502, 503, 504])
const UNAVAILABLE = new Refusal(
  'upstream_unreachable',
  'what stands before the upstream says that it does not answer',
)

const STATES: { readonly [code in Refusal['code']]?: UpstreamState } = {
  upstream_unreachable: 'failing',
  upstream_forbidden: 'out_of_reach',
  credential_refused: 'needs_credential',
}

/** Calls and open streams, by upstream and by tenant. */
class Traffic {
  readonly #settings: GateSettings
  readonly #counts = new Map<string, number>()
  underWay = 0

  constructor(settings: GateSettings) {
    this.#settings = settings
  }

  refusalFor(key: PoolKey): Refusal | null {
    const { socketsPerUpstream, callsPerTenant } = this.#settings
    if ((this.#counts.get(namesOf(key).upstream) ?? 0) >= socketsPerUpstream)
      return new Refusal('upstream_busy', undefined, 1)
    if ((this.#counts.get(key.tenant) ?? 0) >= callsPerTenant)
      return new Refusal(
        'upstream_busy',
        'as many calls of this tenant are under way to its upstreams as there may be',
        1,
      )
    return null
  }

  /** @returns what ends it, however often it is called */
  begin(key: PoolKey): () => void {
    const names = [namesOf(key).upstream, key.tenant]
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    this.underWay += 1
    let isUnderWay = true
    return () => {
      if (!isUnderWay) return
      isUnderWay = false
      this.underWay -= 1
      for (const name of names) this.#leave(name)
    }
  }

  #leave(name: string): void {
    const left = (this.#counts.get(name) ?? 0) - 1
    if (left > 0) this.#counts.set(name, left)
    else this.#counts.delete(name)
  }
}

/** One breaker for each upstream. Whoever changes the connection has mended it, so far as is known. */
class Lines {
  readonly #settings: BreakerSettings
  readonly #nowMs: () => number
  readonly #breakers = new Map<string, { readonly breaker: Breaker; readonly version: string }>()

  constructor(settings: BreakerSettings, nowMs: () => number) {
    this.#settings = settings
    this.#nowMs = nowMs
  }

  of(key: PoolKey): Breaker {
    const { upstream: name, version } = namesOf(key)
    const known = this.#breakers.get(name)
    if (known?.version === version) return known.breaker
    const breaker = new Breaker(this.#settings, this.#nowMs)
    this.#breakers.set(name, { breaker, version })
    if (this.#breakers.size > MOST_LINES) this.#forgetOldest()
    return breaker
  }

  open(): number {
    let count = 0
    for (const { breaker } of this.#breakers.values()) if (breaker.isOpen) count += 1
    return count
  }

  #forgetOldest(): void {
    for (const oldest of this.#breakers.keys()) return void this.#breakers.delete(oldest)
  }
}
