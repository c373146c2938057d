import type { Json, Operator } from '@writ/contracts'
import type { Facts } from './facts.ts'
import { READS, UNREAD } from './facts.ts'
import { FIELDS } from './fields.ts'
import { readerOf } from './reader.ts'
import type { PathReader } from './reader.ts'
import { RuleFault } from './rule-fault.ts'
import { strictReaderOf } from './strict-reader.ts'

/** Finding a host or a source takes a walk over all arguments. */
const READ_SLOWLY = READS.args | READS.clock

/** The paths that the rules of a bundle read. Each is read once in an asking, however many rules read it. */
export class Readers {
  readonly #readers = new Map<string, PathReader | RuleFault>()
  readonly #blank: Facts['values'] = []

  of(path: string): PathReader | RuleFault {
    return this.#interned(path, path, () => readerOf(path))
  }

  /** For comparisons that are `required`. */
  strict(path: string, op: Operator): PathReader | RuleFault {
    const isAboutExistence = op === 'exists'
    const key = `${isAboutExistence ? 'the record of' : 'required'} ${path}`
    return this.#interned(key, path, () => strictReaderOf(path, isAboutExistence))
  }

  #interned(key: string, path: string, make: () => PathReader | RuleFault): PathReader | RuleFault {
    const known = this.#readers.get(key)
    if (known !== undefined) return known
    const reader = make()
    const isCheap = reader instanceof RuleFault || (FIELDS.has(path) && (reader.reads & READ_SLOWLY) === 0)
    const made = isCheap ? reader : this.#remembering(reader)
    this.#readers.set(key, made)
    return made
  }

  /** Room for what is read in one asking. */
  room(): Facts['values'] {
    return this.#blank.slice()
  }

  #remembering(reader: PathReader): PathReader {
    const place = this.#blank.push(UNREAD) - 1
    const read = (facts: Facts): Json | undefined | RuleFault => {
      const known = facts.values[place]
      if (known !== UNREAD) return known
      const value = reader.read(facts)
      facts.values[place] = value
      return value
    }
    return { ...reader, read }
  }
}
