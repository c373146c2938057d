import type { Json } from '@writ/contracts'
import { listAt, memberAt, numberAt, textAt } from './fields.ts'
import { Runs } from './runs.ts'

/** Names come from agents: of each sort so many are told apart, and the rest is counted together. */
const MOST_NAMES = 10_000
export const OTHERS = '(others)'

/** How often each of some names occurs. */
export class Counts {
  readonly #counts = new Map<string, number>()

  add(name: string): void {
    const key = this.#counts.has(name) || this.#counts.size < MOST_NAMES ? name : OTHERS
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  get size(): number {
    return this.#counts.size
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** The most frequent first. */
  top(most = Infinity): [string, number][] {
    return [...this.#counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, most)
  }
}

export type StreamTally = { readonly seqs: Runs }
export type BundleTally = { readonly version: number; readonly sha256: string; rows: number }
export type Erased = { readonly leaf: number; readonly subject: string; readonly at: string | null }
export type Lost = {
  readonly stream: string
  readonly from: number
  readonly to: number
  readonly arrived: boolean
}

/** What a pack says of its rows as a whole. A call is a message that ended: every one has exactly one such record. */
export class Tally {
  records = 0
  calls = 0
  unreadable = 0
  firstAt: string | null = null
  lastAt: string | null = null
  readonly kinds = new Counts()
  readonly outcomes = new Counts()
  /** by day (UTC), how calls ended */
  readonly days = new Map<string, Counts>()
  readonly tools = new Counts()
  readonly agents = new Counts()
  readonly humans = new Counts()
  readonly refusals = new Counts()
  /** `<policy name>\n<rule>` of enforced rules that kept a call from its effect */
  readonly denials = new Counts()
  readonly names = new Map<string, string>()
  readonly bundles = new Map<string, BundleTally>()
  readonly streams = new Map<string, StreamTally>()
  readonly erasures: Erased[] = []
  readonly lost: Lost[] = []

  add(leaf: number, tree: Json): void {
    this.records += 1
    const [stream, seq] = [textAt(tree, 'stream'), numberAt(tree, 'seq')]
    if (stream === null || seq === null) {
      this.unreadable += 1
      return
    }
    this.#place(stream, seq)
    this.#time(textAt(tree, 'at'))
    const kind = textAt(tree, 'kind') ?? 'unknown'
    this.kinds.add(kind)
    this.#bundle(tree)
    if (kind === 'closed') this.#call(tree)
    if (kind === 'erasure')
      this.erasures.push({ leaf, subject: textAt(tree, 'erasure', 'subject') ?? '', at: textAt(tree, 'at') })
    if (kind === 'stream_lost') this.#loss(tree)
  }

  #place(stream: string, seq: number): void {
    const known = this.streams.get(stream) ?? { seqs: new Runs() }
    this.streams.set(stream, known)
    // Out of order only in a ledger that was tampered with: the verifier says so.
    if (seq > (known.seqs.last ?? -1)) known.seqs.add(seq)
  }

  #time(at: string | null): void {
    if (at === null) return
    if (this.firstAt === null || at < this.firstAt) this.firstAt = at
    if (this.lastAt === null || at > this.lastAt) this.lastAt = at
  }

  #bundle(tree: Json): void {
    const [version, sha256] = [numberAt(tree, 'bundle', 'version'), textAt(tree, 'bundle', 'sha256')]
    if (version === null || sha256 === null) return
    const key = `${version} ${sha256}`
    const known = this.bundles.get(key) ?? { version, sha256, rows: 0 }
    known.rows += 1
    this.bundles.set(key, known)
  }

  #call(tree: Json): void {
    this.calls += 1
    const outcome = textAt(tree, 'outcome') ?? 'unknown'
    this.outcomes.add(outcome)
    this.#day((textAt(tree, 'at') ?? '').slice(0, 10), outcome)
    const tool = textAt(tree, 'action', 'tool') ?? textAt(tree, 'action', 'method')
    if (tool !== null) this.tools.add(tool)
    this.#who('agent', tree, this.agents)
    this.#who('human', tree, this.humans)
    const refusal = textAt(tree, 'refusal')
    if (refusal !== null) this.refusals.add(refusal)
    for (const match of [...listAt(tree, 'outbound', 'matches'), ...listAt(tree, 'inbound', 'matches')])
      if (acted(match))
        this.denials.add(`${textAt(match, 'policyName') ?? ''}\n${textAt(match, 'rule') ?? ''}`)
  }

  #day(day: string, outcome: string): void {
    const known = this.days.get(day) ?? new Counts()
    known.add(outcome)
    if (this.days.has(day) || this.days.size < MOST_NAMES) this.days.set(day, known)
  }

  #who(member: 'agent' | 'human', tree: Json, counts: Counts): void {
    const id = textAt(tree, member, 'id')
    if (id === null) return
    counts.add(id)
    const name = textAt(tree, member, 'name')
    if (name !== null && !this.names.has(id) && this.names.size < 2 * MOST_NAMES) this.names.set(id, name)
  }

  #loss(tree: Json): void {
    const [stream, from, to] = [
      textAt(tree, 'lost', 'stream'),
      numberAt(tree, 'lost', 'from'),
      numberAt(tree, 'lost', 'to'),
    ]
    if (stream === null || from === null || to === null) return
    this.lost.push({ stream, from, to, arrived: memberAt(tree, ['lost', 'arrived']) === true })
  }
}

/** A rule that kept a call from what it would have done. */
const acted = (match: Json): boolean =>
  ['deny', 'ask', 'abort'].includes(textAt(match, 'effect') ?? '') &&
  textAt(match, 'mode') === 'enforce' &&
  textAt(match, 'overriddenBy') === null
