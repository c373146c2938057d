import type { Json } from '@writ/contracts'
import { isList, memberOf } from '../path.ts'
import { parsePointer } from '../pointer.ts'
import { RuleFault } from '../rule-fault.ts'
import type { ContentKeys } from './content-keys.ts'
import { keyringOf } from './keyring.ts'
import type { Keyring } from './keyring.ts'
import { strictestOf, unionOf } from './spans.ts'
import type { Edit } from './spans.ts'
import { written } from './writings.ts'

/**
 * Rewrites string leaves, never keys, and leaves every untouched part the very same reference.
 * Overlapping sightings are rewritten as one, the strictest way (drop, mask, hash, token, surrogate, replace; restore only where nothing
 * else is asked for) under the name of the widest. The result does not depend on the order of the edits.
 * @param keys null: only drop, mask and replace can be done
 * @returns a fault when one edit cannot be carried out; then nothing was rewritten
 */
export function rewrite(content: Json, edits: readonly Edit[], keys: ContentKeys | null): Json | RuleFault {
  const writer: Writer = {
    keys: needsKeys(edits) && keys !== null ? keyringOf(keys) : null,
    owned: new Set(),
  }
  let rewritten: Json = content
  for (const [path, ofLeaf] of byLeaf(edits)) {
    const next = rewriteAt(rewritten, parsePointer(path), ofLeaf, writer)
    if (next instanceof RuleFault) return next
    rewritten = next
  }
  return rewritten
}

/** `owned` holds the containers that are already copies, and so may be written into. */
type Writer = { readonly keys: Keyring | null; readonly owned: Set<object> }

const KEYED = new Set<Edit['rewriting']>(['hash', 'token', 'surrogate', 'restore'])

const needsKeys = (edits: readonly Edit[]): boolean => edits.some(({ rewriting }) => KEYED.has(rewriting))

function byLeaf(edits: readonly Edit[]): ReadonlyMap<string, readonly Edit[]> {
  const leaves = new Map<string, Edit[]>()
  for (const edit of strictestOf(edits)) {
    const ofLeaf = leaves.get(edit.sighting.path)
    if (ofLeaf === undefined) leaves.set(edit.sighting.path, [edit])
    else ofLeaf.push(edit)
  }
  return leaves
}

/** Copies on write. */
function rewriteAt(
  root: Json,
  steps: readonly string[],
  edits: readonly Edit[],
  { keys, owned }: Writer,
): Json | RuleFault {
  const leaf = steps.reduce<Json>((value, step) => memberOf(value, step) ?? null, root)
  if (typeof leaf !== 'string') return root
  const text = rewriteText(leaf, edits, keys)
  if (text === leaf) return root
  return text instanceof RuleFault ? text : withLeaf(root, steps, text, owned)
}

function rewriteText(text: string, edits: readonly Edit[], keys: Keyring | null): string | RuleFault {
  const pieces: string[] = []
  let at = 0
  for (const { start, end, rewriting, signal } of unionOf(edits)) {
    const instead = written({ text: text.slice(start, end), signal }, rewriting, keys)
    if (instead instanceof RuleFault) return instead
    pieces.push(text.slice(at, start), instead)
    at = end
  }
  return pieces.join('') + text.slice(at)
}

function withLeaf(root: Json, steps: readonly string[], text: string, owned: Set<object>): Json {
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
