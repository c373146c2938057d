import { READS } from './facts.ts'
import type { Facts } from './facts.ts'
import { sizeOf } from './leaf.ts'
import type { Leaf } from './leaf.ts'
import { groupOf, Part } from './part.ts'
import type { PathReader } from './reader.ts'

/** Of what was sent there is often nothing at a path; whatever else is asked about is always there. */
const SENT = READS.args | READS.content

/**
 * Whether there is anything at the paths that conditions are about. Most rules are about arguments that most calls do not have: one look
 * settles all of those that ask about the same one.
 */
export class Presences {
  readonly #ofReaders = new Map<PathReader, OfReader>()
  readonly #ofGroups = new Map<string, Part>()
  /** of presences: they are never asked for beside the parts of a rule */
  #count = 0

  of({ reader, beginning = null }: Leaf): Part | null {
    if (reader === undefined || (reader.reads & SENT) === 0) return null
    const known = this.#ofReaders.get(reader) ?? this.#ofReader(reader)
    return beginning === null ? known.part : (known.holding.get(beginning) ?? this.#holding(beginning, known))
  }

  #ofReader(reader: PathReader): OfReader {
    const { reads, read } = reader
    // What cannot be read is there.
    const part = new Part(this.#nextId(), { reads, cost: 1, test: (facts) => read(facts) !== undefined })
    const made = { reader, part, holding: new Map<string, Part>() }
    this.#ofReaders.set(reader, made)
    return made
  }

  #holding(beginning: string, { reader, part, holding }: OfReader): Part {
    const test = (facts: Facts) => mayHold(reader.read(facts), beginning, facts)
    const made = new Part(this.#nextId(), { reads: reader.reads, cost: 1, test, presence: part })
    holding.set(beginning, made)
    return made
  }

  /** One part that is false settles `all`; `any` is settled when all of them are. */
  ofGroup(kind: 'all' | 'any', parts: readonly Part[]): Part | null {
    const presences = parts.flatMap(({ presence }) => presence ?? [])
    const [first = null] = presences
    if (kind === 'all' || first === null) return first
    return presences.length < parts.length ? null : this.#ofAny(presences)
  }

  #ofAny(presences: readonly Part[]): Part {
    const distinct = [...new Set(presences)].sort((left, right) => left.id - right.id)
    const key = distinct.map(({ id }) => id).join(' ')
    const known = this.#ofGroups.get(key) ?? (distinct.length === 1 ? distinct[0] : undefined)
    const made = known ?? groupOf(this.#nextId(), { kind: 'any', parts: distinct, presence: null })
    this.#ofGroups.set(key, made)
    return made
  }

  #nextId(): number {
    this.#count += 1
    return this.#count
  }
}

/** Whether there is anything at a path, and whether it holds what looked for texts begin with: many begin alike. */
type OfReader = {
  readonly reader: PathReader
  readonly part: Part
  readonly holding: Map<string, Part>
}

/** What holds the beginning is looked at again by those that look for all of it, and that is what they pay for. */
function mayHold(value: ReturnType<PathReader['read']>, beginning: string, { work }: Facts): boolean {
  if (typeof value !== 'string') return value !== undefined
  return work.isSpent || value.includes(beginning) || !work.take(sizeOf(value))
}
