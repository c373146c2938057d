import type { Json } from '@writ/contracts'
import { isList } from '../../path.ts'
import { formatPointer } from '../../pointer.ts'

/** A string, number or name of a member, with the way to it. For a name, the way is that of its member. */
export type Leaf = {
  readonly place: 'text' | 'key' | 'number'
  readonly text: string
  readonly frame: Frame | null
  readonly step: string | number
}

/** One container on the way, and how far it was walked. */
export type Frame = {
  readonly value: readonly Json[] | { readonly [name: string]: Json }
  readonly names: readonly string[] | null
  readonly count: number
  readonly parent: Frame | null
  readonly step: string | number
  readonly depth: number
  walked: number
  /** once it was written for something below */
  pointer: string | null
}

/**
 * The strings, names and numbers of a tree in document order, or from its end. Never recurses, so depth cannot exhaust the stack. Names and
 * numbers too short and plain to hold anything are left out.
 */
export class Walk {
  readonly #content: Json
  readonly #isBackward: boolean
  readonly #entered: (children: number) => boolean
  #isBegun = false
  #frame: Frame | null = null
  /** the member whose name was told last, and whose value is next */
  #named: string | null = null
  #passed = 1

  /** @param entered told of each value's number of children before any of them is touched; false ends the walk */
  constructor(content: Json, isBackward: boolean, entered: (children: number) => boolean) {
    this.#content = content
    this.#isBackward = isBackward
    this.#entered = entered
  }

  /** `null`: so many values were passed over and nothing is there yet; `undefined`: there is nothing more. */
  next(): Leaf | null | undefined {
    if (!this.#isBegun) return this.#begin()
    while (this.#frame !== null) {
      if (this.#isOutOfBreath()) return null
      const leaf = this.#step(this.#frame)
      if (leaf !== null) return leaf
    }
    return undefined
  }

  #begin(): Leaf | null | undefined {
    this.#isBegun = true
    this.#enter(this.#content, null, '')
    return leafOf(this.#content, null, '') ?? this.next()
  }

  #isOutOfBreath(): boolean {
    if (this.#passed < BREATH) return false
    this.#passed = 0
    return true
  }

  #step(frame: Frame): Leaf | null {
    const step = this.#named ?? nextStep(frame, this.#isBackward)
    if (step === null) {
      this.#passed += 1
      this.#frame = frame.parent
      return null
    }
    if (this.#named === null && typeof step === 'string' && !isPlain(step)) {
      this.#named = step
      return { place: 'key', text: step, frame, step }
    }
    this.#passed += 1
    this.#named = null
    const value = childOf(frame, step)
    this.#enter(value, frame, step)
    return leafOf(value, frame, step)
  }

  #enter(value: Json, parent: Frame | null, step: string | number): void {
    const below = frameOf(value, parent, step)
    if (below !== null) this.#frame = this.#entered(below.count) ? below : null
  }
}

/** Null when all of the container was walked. */
function nextStep(frame: Frame, isBackward: boolean): string | number | null {
  if (frame.walked === frame.count) return null
  const at = isBackward ? frame.count - 1 - frame.walked : frame.walked
  frame.walked += 1
  return frame.names === null ? at : (frame.names[at] ?? '')
}

/** Values after which the walk lets its caller look up. */
export const BREATH = 1024

/** An ordinary word: too short and plain to hold anything that is looked for. */
function isPlain(name: string): boolean {
  if (name.length > LONGEST_PLAIN) return false
  for (let at = 0; at < name.length; at += 1) if (!isLetterCode(name.charCodeAt(at))) return false
  return true
}

const LONGEST_PLAIN = 15
/** The letters of ASCII, and `_`. */
const isLetterCode = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f

/** Shorter numbers hold nothing, except under a telling name. */
const LEAST_NUMBER = 1000

function childOf({ value }: Frame, step: string | number): Json {
  if (isList(value)) return value[Number(step)] ?? null
  return value[step] ?? null
}

function leafOf(value: Json, frame: Frame | null, step: string | number): Leaf | null {
  if (typeof value === 'string') return value === '' ? null : { place: 'text', text: value, frame, step }
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) < LEAST_NUMBER) return null
  return { place: 'number', text: String(value), frame, step }
}

function frameOf(value: Json, parent: Frame | null, step: string | number): Frame | null {
  if (typeof value !== 'object' || value === null) return null
  const names = isList(value) ? null : Object.keys(value)
  const count = isList(value) ? value.length : (names?.length ?? 0)
  return { value, names, count, parent, step, depth: (parent?.depth ?? 0) + 1, walked: 0, pointer: null }
}

/** JSON pointer (RFC 6901) of a leaf; of a container it is written once. */
export function pointerTo({ frame, step }: Leaf): string {
  return frame === null ? '' : pointerOf(frame) + formatPointer([step])
}

function pointerOf(frame: Frame): string {
  if (frame.parent === null) return ''
  frame.pointer ??= writtenOut(frame)
  return frame.pointer
}

function writtenOut(frame: Frame): string {
  const steps: (string | number)[] = []
  for (let at = frame; at.parent !== null; at = at.parent) steps.push(at.step)
  return formatPointer(steps.toReversed())
}

/** The name of the nearest member around a leaf: an item of a list goes by the name of the list. Null in a list at the root. */
export function nameOf(leaf: Leaf): string | null {
  let { frame, step } = leaf
  for (let up = 0; up < MOST_LISTS && frame !== null; up += 1) {
    if (typeof step === 'string') return step
    step = frame.step
    frame = frame.parent
  }
  return null
}

const MOST_LISTS = 4

/** Containers around a leaf. */
export const depthOf = ({ frame }: Leaf): number => frame?.depth ?? 0

/**
 * Whether a leaf is a part of what a server says of its tools, prompts or resources, or of itself: results of `tools/list` and its like,
 * and the instructions of `initialize`.
 */
export function isDefinition(leaf: Leaf): boolean {
  const { frame, step } = leaf
  if (frame === null) return false
  if (frame.depth === 1) return step === 'instructions'
  if (frame.depth > MOST_DEFINITION_DEPTH) return false
  let top = frame
  while (top.depth > 2 && top.parent !== null) top = top.parent
  return typeof top.step === 'string' && LISTS.has(top.step) && isList(top.value)
}

const MOST_DEFINITION_DEPTH = 64
const LISTS = new Set(['tools', 'prompts', 'resources', 'resourceTemplates'])
