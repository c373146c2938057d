import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject, ToolDrift } from '@writ/contracts'
import { inspectNow } from '@writ/policy'

/** What a model reads of a definition and is kept here. A description of null was approved before descriptions were kept. */
export type Words = {
  readonly description: string | null
  readonly annotations: JsonObject
  readonly inputSchema: JsonObject | null
}

const MOST_LINES = 16
const LONGEST_LINE_BYTES = 160
/** Characters that stay before what changed in a text, so that it is found. */
const AROUND = 24

/**
 * What changed between two forms of a definition: `-` was approved, `+` is seen now. Bounded, in one line each, with what nobody sees
 * (controls, invisible and bidirectional characters) written out, and without secrets. What is beyond the bounds is counted.
 */
export function driftBetween(approved: Words, seen: Words): ToolDrift {
  const changed = PARTS.filter((part) => differs(approved[part], seen[part]))
  const [before, after] = [withoutSecrets(approved), withoutSecrets(seen)]
  const lines = changed.flatMap((part) =>
    part === 'description' ? textLines(before, after) : memberLines(part, before[part], after[part]),
  )
  if (changed.length === 0) return { changed: ['other'], lines: [ELSEWHERE] }
  return { changed, lines: bounded(lines.length > 0 ? lines : [HIDDEN]) }
}

const PARTS = ['description', 'annotations', 'inputSchema'] as const
const ELSEWHERE =
  'what is kept of it is as it was approved: its title, its output schema or another member changed'
const HIDDEN = 'only a secret within it changed'

const differs = (approved: Json, seen: Json): boolean =>
  approved !== null || typeof seen !== 'string' ? !isDeepStrictEqual(approved, seen) : false

function textLines({ description: before }: Words, { description: after }: Words): string[] {
  const [was, is] = [before ?? '', after ?? '']
  if (was === is) return []
  const start = alikeFrom(was, is)
  const end = Math.min(alikeTo(was, is), was.length - start, is.length - start)
  const lead = was.slice(Math.max(0, start - AROUND), start)
  const part = (text: string) =>
    `${start > AROUND ? '…' : ''}${lead}[${text.slice(start, text.length - end)}]`
  return [`- description: ${part(was)}`, `+ description: ${part(is)}`]
}

function alikeFrom(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}

function alikeTo(one: string, other: string): number {
  let at = 0
  while (at < one.length && one.at(-1 - at) === other.at(-1 - at)) at += 1
  return at
}

function memberLines(part: string, before: Json, after: Json): string[] {
  const [was, is] = [leavesOf(before, part), leavesOf(after, part)]
  const gone = [...was]
    .filter(([path, value]) => is.get(path) !== value)
    .map(([path, value]) => `- ${path}: ${value}`)
  const come = [...is]
    .filter(([path, value]) => was.get(path) !== value)
    .map(([path, value]) => `+ ${path}: ${value}`)
  // what was added first: it is what a model obeys
  return [...come, ...gone]
}

/** Every value that holds no other, by its pointer. */
function leavesOf(root: Json, name: string): Map<string, string> {
  const leaves = new Map<string, string>()
  const open: [string, Json][] = [[name, root]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, value] = next
    const members = typeof value === 'object' && value !== null ? Object.entries(value) : []
    if (members.length === 0) leaves.set(path, JSON.stringify(value))
    for (const [member, held] of members) open.push([`${path}/${member}`, held])
  }
  return leaves
}

function bounded(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => cut(visible(line)))
  return lines.length > MOST_LINES ? [...shown, `… and ${lines.length - MOST_LINES} more`] : shown
}

/** Controls, format characters and every space but the plain one, written as `\u{…}`. */
const visible = (line: string): string =>
  line.replaceAll(/[\p{C}\p{Z}\u{FE00}-\u{FE0F}]/gu, (one) =>
    one === ' ' ? one : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  )

function cut(line: string): string {
  if (Buffer.byteLength(line) <= LONGEST_LINE_BYTES) return line
  let kept = ''
  for (const one of line) {
    if (Buffer.byteLength(kept + one) > LONGEST_LINE_BYTES) break
    kept += one
  }
  return `${kept}…`
}

/** Looked for in the whole, because a secret that was cut is not recognised. What could not be looked through is left out. */
function withoutSecrets(words: Words): Words {
  return {
    description: words.description === null ? null : masked(words.description),
    annotations: objectOf(maskedTree(words.annotations)) ?? {},
    inputSchema: objectOf(maskedTree(words.inputSchema)),
  }
}

const objectOf = (value: Json): JsonObject | null =>
  typeof value === 'object' && value !== null && !isList(value) ? value : null
const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

/** As text: a secret in a name of a member is one, too. */
function maskedTree(tree: Json): Json {
  if (tree === null) return null
  const text = JSON.stringify(tree)
  const without = masked(text)
  return without === text ? tree : parsed(without)
}

function parsed(text: string): Json {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return {}
  }
}

const MASK = '[secret]'

function masked(text: string): string {
  const { sightings, fault } = inspectNow({ text })
  if (fault) return MASK
  const spans = sightings.filter(({ signal, place }) => signal.startsWith('secret.') && place === 'text')
  return spans.reduceRight((rest, { start, end }) => rest.slice(0, start) + MASK + rest.slice(end), text)
}
