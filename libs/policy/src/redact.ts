import type { Json, Rewriting } from '@writ/contracts'
import type { Sighting } from './detectors/sighting.ts'
import { isList, memberOf } from './path.ts'
import { parsePointer } from './pointer.ts'

/** One thing to rewrite in a string leaf of the content. */
export type Edit = { readonly sighting: Sighting; readonly rewriting: Rewriting }

/**
 * Rewrites string leaves, never keys, and leaves every untouched part the very same reference.
 * Overlapping sightings are rewritten as one, the strictest way (drop, then mask, then replace) under the name of the widest.
 * The result does not depend on the order of the edits.
 */
export function redact(content: Json, edits: readonly Edit[]): Json {
  const owned = new Set<object>()
  let redacted = content
  for (const [path, ofLeaf] of byLeaf(edits)) {
    redacted = rewriteAt(redacted, parsePointer(path), ofLeaf, owned)
  }
  return redacted
}

function byLeaf(edits: readonly Edit[]): ReadonlyMap<string, readonly Edit[]> {
  const leaves = new Map<string, Edit[]>()
  for (const edit of strictestOf(edits)) {
    const ofLeaf = leaves.get(edit.sighting.path)
    if (ofLeaf === undefined) leaves.set(edit.sighting.path, [edit])
    else ofLeaf.push(edit)
  }
  return leaves
}

/** Many rules may rewrite one sighting, and only the strictest of them counts. */
function strictestOf(edits: readonly Edit[]): Iterable<Edit> {
  const strictest = new Map<Sighting, Edit>()
  for (const edit of edits) {
    const known = strictest.get(edit.sighting)
    if (known === undefined || STRENGTH[edit.rewriting] > STRENGTH[known.rewriting])
      strictest.set(edit.sighting, edit)
  }
  return strictest.values()
}

/** Copies on write: `owned` holds the containers that are already copies. */
function rewriteAt(root: Json, steps: readonly string[], edits: readonly Edit[], owned: Set<object>): Json {
  const leaf = steps.reduce<Json>((value, step) => memberOf(value, step) ?? null, root)
  if (typeof leaf !== 'string') return root
  const text = rewrite(leaf, edits)
  if (text === leaf) return root
  if (steps.length === 0) return text
  const copy = own(root, owned)
  let container = copy
  for (const step of steps.slice(0, -1)) {
    const child = own(memberOf(container, step) ?? null, owned)
    put(container, step, child)
    container = child
  }
  put(container, steps.at(-1) ?? '', text)
  return copy
}

function own(container: Json, owned: Set<object>): Json & object {
  if (typeof container !== 'object' || container === null) throw new TypeError('a pointer leads into a leaf')
  if (owned.has(container)) return container
  const copy = isList(container) ? [...container] : { ...container }
  owned.add(copy)
  return copy
}

/** Defines instead of assigning, so that a member named `__proto__` stays an ordinary member. */
function put(container: object, step: string, value: Json): void {
  Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true })
}

type Span = { start: number; end: number; rewriting: Rewriting; signal: string; width: number }

function rewrite(text: string, edits: readonly Edit[]): string {
  let rewritten = ''
  let at = 0
  for (const span of union(edits)) {
    rewritten += text.slice(at, span.start) + written(text.slice(span.start, span.end), span)
    at = span.end
  }
  return rewritten + text.slice(at)
}

function union(edits: readonly Edit[]): readonly Span[] {
  const spans: Span[] = []
  for (const next of edits.map(spanOf).sort((left, right) => left.start - right.start)) {
    const last = spans.at(-1)
    if (last === undefined || next.start >= last.end) spans.push(next)
    else absorb(last, next)
  }
  return spans
}

function spanOf({ sighting: { start, end, signal }, rewriting }: Edit): Span {
  return { start, end, rewriting, signal, width: end - start }
}

const STRENGTH: Readonly<Record<Rewriting, number>> = { replace: 0, mask: 1, drop: 2 }

function absorb(span: Span, other: Span): void {
  span.end = Math.max(span.end, other.end)
  if (STRENGTH[other.rewriting] > STRENGTH[span.rewriting]) span.rewriting = other.rewriting
  const isWider = other.width > span.width || (other.width === span.width && other.signal < span.signal)
  if (isWider) Object.assign(span, { signal: other.signal, width: other.width })
}

function written(text: string, { rewriting, signal }: Span): string {
  return WRITINGS[rewriting](text, signal)
}

const WRITINGS: Readonly<Record<Rewriting, (text: string, signal: string) => string>> = {
  drop: () => '',
  mask,
  replace: (_, signal) => `[${signal.slice(signal.lastIndexOf('.') + 1).toUpperCase()}]`,
}

const MASKED_WHOLE_BELOW = 8

/** Stars for letters and digits but the last four; punctuation stays. Too short a text gives nothing away. */
function mask(text: string): string {
  const count = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  let left = count < MASKED_WHOLE_BELOW ? count : count - 4
  return text.replace(/[\p{L}\p{N}]/gu, (character) => {
    left -= 1
    return left >= 0 ? '*' : character
  })
}
