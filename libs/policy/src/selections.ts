import type { Question } from '@writ/contracts'
import type { Batch } from './batches.ts'

/** The rules that can match a question, in the order in which they are asked. */
export type Selected = {
  /** strictest first, so that what a milder rule compares never uses up the work of a stricter one */
  readonly acting: readonly Batch[]
  /** flag rules and shadow policies: asked last, so that they cannot make another rule fail */
  readonly watching: readonly Batch[]
}

/** What was selected for questions that are alike in everything static, found step by step so that no two of them are ever taken for one. */
type Place = { readonly next: Map<string | null, Place>; selected: Selected | undefined }

/**
 * Remembers selections. Bounded by number, by size and by the length of names: the agent chooses names, so it must not choose how much
 * is kept.
 */
export class Selections {
  #root = emptyPlace()
  #count = 0
  #held = 0

  of(question: Question): Selected | undefined {
    let place: Place | undefined = this.#root
    for (const step of stepsTo(question)) {
      place = place.next.get(step)
      if (place === undefined) return undefined
    }
    return place.selected
  }

  /** @param size number of rules that are selected */
  keep(question: Question, selected: Selected, size: number): void {
    const steps = stepsTo(question)
    if (lengthOf(steps) > LONGEST) return
    if (this.#count >= MOST_KEPT || this.#held + size > MOST_HELD) this.#forget()
    this.#count += 1
    this.#held += size
    let place = this.#root
    for (const step of steps) place = placeBehind(place, step)
    place.selected = selected
  }

  #forget(): void {
    this.#root = emptyPlace()
    this.#count = 0
    this.#held = 0
  }
}

const MOST_KEPT = 512
const MOST_HELD = 65_536
const LONGEST = 512

const emptyPlace = (): Place => ({ next: new Map(), selected: undefined })

function placeBehind({ next }: Place, step: string | null): Place {
  const known = next.get(step)
  if (known !== undefined) return known
  const place = emptyPlace()
  next.set(step, place)
  return place
}

/** All that is static of a question, what differs most at the end; the groups come last, for there may be any number of them. */
function stepsTo({ groups, direction, channel, action, connection }: Question): readonly (string | null)[] {
  const { method, tool, class: actionClass, classSource } = action
  const { id, name, trust } = connection
  return [direction, channel, method, classSource, trust, id, name, actionClass, tool, ...groups]
}

function lengthOf(steps: readonly (string | null)[]): number {
  let length = 0
  for (const step of steps) length += step?.length ?? 0
  return length
}
