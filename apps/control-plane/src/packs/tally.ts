import type { Json } from '@writ/contracts'
import { countAt, listAt, memberAt, shapeAt, textAt } from './fields.ts'
import { Runs } from './runs.ts'

/** Names come from agents: of each sort so many are told apart, and the rest is counted together. */
const MOST_NAMES = 10_000
/** Calls that nobody told the end of, and that may yet be told: of so many it is seen. */
const MOST_UNKNOWN = 10_000

/** How often each of some names occurs. */
export class Counts {
  readonly #counts = new Map<string, number>()
  #others = 0

  add(name: string): void {
    if (this.#counts.has(name) || this.#counts.size < MOST_NAMES)
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    else this.#others += 1
  }

  /** One less of a name that was added. */
  takeBack(name: string): void {
    const count = this.#counts.get(name)
    if (count === undefined) this.#others -= 1
    else if (count === 1) this.#counts.delete(name)
    else this.#counts.set(name, count - 1)
  }

  get size(): number {
    return this.#counts.size
  }

  /** How often names occurred that are not told apart, because there are too many. */
  get others(): number {
    return this.#others
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

/** What a manifest may say (docs/pack.md): a record that was damaged must not damage the manifest, which names it. */
const STREAM = /^nod_[0-9A-Z]{26}:boo_[0-9A-Z]{26}:ten_[0-9A-Z]{26}$/
const SHA256 = /^[0-9a-f]{64}$/

/** What is counted of one call. */
type Call = {
  readonly outcome: string
  readonly day: string
  readonly tool: string | null
  readonly agent: string | null
  readonly human: string | null
  readonly refusal: string | null
  readonly denials: readonly string[]
}
type Change = 'add' | 'takeBack'

/**
 * What a pack says of its rows as a whole. A call is a message that ended: every one has exactly one such record, but for those whose end
 * the platform told because nobody else did, and whose own record came after all. They count once, as their own record says.
 */
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
  /** by decision, calls whose end is unknown */
  readonly #unknown = new Map<string, Call>()

  add(leaf: number, tree: Json): void {
    this.records += 1
    const [stream, seq] = [shapeAt(tree, STREAM, 'stream'), countAt(tree, 'seq')]
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
    const [version, sha256] = [countAt(tree, 'bundle', 'version'), shapeAt(tree, SHA256, 'bundle', 'sha256')]
    if (version === null || sha256 === null) return
    const key = `${version} ${sha256}`
    const known = this.bundles.get(key) ?? { version, sha256, rows: 0 }
    known.rows += 1
    this.bundles.set(key, known)
  }

  #call(tree: Json): void {
    const call = callIn(tree)
    const decision = textAt(tree, 'decisionId') ?? ''
    const told = this.#unknown.get(decision)
    if (told !== undefined) this.#count(told, 'takeBack')
    this.#unknown.delete(decision)
    this.#count(call, 'add')
    this.#name('agent', tree)
    this.#name('human', tree)
    if (call.outcome === 'unknown' && decision !== '' && this.#unknown.size < MOST_UNKNOWN)
      this.#unknown.set(decision, call)
  }

  #count({ outcome, day, tool, agent, human, refusal, denials }: Call, change: Change): void {
    this.calls += change === 'add' ? 1 : -1
    this.outcomes[change](outcome)
    this.#day(day, outcome, change)
    if (tool !== null) this.tools[change](tool)
    if (agent !== null) this.agents[change](agent)
    if (human !== null) this.humans[change](human)
    if (refusal !== null) this.refusals[change](refusal)
    for (const denial of denials) this.denials[change](denial)
  }

  #day(day: string, outcome: string, change: Change): void {
    const known =
      this.days.get(day) ?? (this.days.size < MOST_NAMES && change === 'add' ? new Counts() : null)
    if (known === null) return
    known[change](outcome)
    if (known.size > 0) this.days.set(day, known)
    else this.days.delete(day)
  }

  #name(member: 'agent' | 'human', tree: Json): void {
    const [id, name] = [textAt(tree, member, 'id'), textAt(tree, member, 'name')]
    if (id !== null && name !== null && !this.names.has(id) && this.names.size < 2 * MOST_NAMES)
      this.names.set(id, name)
  }

  #loss(tree: Json): void {
    const [stream, from, to] = [
      shapeAt(tree, STREAM, 'lost', 'stream'),
      countAt(tree, 'lost', 'from'),
      countAt(tree, 'lost', 'to'),
    ]
    if (stream === null || from === null || to === null || from >= to) return
    this.lost.push({ stream, from, to, arrived: memberAt(tree, ['lost', 'arrived']) === true })
  }
}

function callIn(tree: Json): Call {
  const matches = [...listAt(tree, 'outbound', 'matches'), ...listAt(tree, 'inbound', 'matches')]
  return {
    outcome: textAt(tree, 'outcome') ?? 'unknown',
    day: (textAt(tree, 'at') ?? '').slice(0, 10),
    tool: textAt(tree, 'action', 'tool') ?? textAt(tree, 'action', 'method'),
    agent: textAt(tree, 'agent', 'id'),
    human: textAt(tree, 'human', 'id'),
    refusal: textAt(tree, 'refusal'),
    denials: matches
      .filter(acted)
      .map((match) => [textAt(match, 'policyName'), textAt(match, 'rule')].map(withoutLines).join('\n')),
  }
}

/** A rule that kept a call from what it would have done. */
const acted = (match: Json): boolean =>
  ['deny', 'ask', 'abort'].includes(textAt(match, 'effect') ?? '') &&
  textAt(match, 'mode') === 'enforce' &&
  textAt(match, 'overriddenBy') === null

const withoutLines = (text: string | null): string => (text ?? '').replaceAll('\n', ' ')
