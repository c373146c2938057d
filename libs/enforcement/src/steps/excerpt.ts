import type { Decision, Json, JsonObject } from '@writ/contracts'
import type { Sighting } from '@writ/policy'
import { inspectNow } from '@writ/policy'
import type { AnyEntry } from '../stages.ts'
import { groupsOf } from './groups.ts'
import { soughtFor } from './inspected.ts'
import type { Weighing } from './weigh.ts'

/** The longest excerpt, in UTF-16 code units. */
export const LONGEST_EXCERPT = 256

/** So much of a content is looked through before any of it is shown: more than any secret that could begin in what is shown. */
const MOST_LOOKED_AT = 16_384
const MOST_VALUES = 256
const MOST_DEPTH = 32

/**
 * Keeps the beginning of what was said, for whoever looks into the record later, if the tenant wants it of this call. Of an answer that comes
 * in several messages it is the first that says something.
 */
export function keepExcerpt(entry: AnyEntry, weighing: Weighing, decision: Decision): void {
  const { direction, content } = weighing
  if (entry.excerpts?.[direction] !== undefined || !isWanted(entry, weighing, decision)) return
  const excerpt = excerptOf(decision.modified ? decision.content : content, weighing)
  if (excerpt !== undefined) entry.excerpts = { ...entry.excerpts, [direction]: excerpt }
}

/** `notable`: a rule matched, on its way out or back, or it does more than read. */
function isWanted({ outbound }: AnyEntry, { asking }: Weighing, { matches }: Decision): boolean {
  const { excerpts = 'notable' } = asking.current.bundle.tenant
  if (excerpts !== 'notable') return excerpts === 'all'
  const isMatched = matches.length > 0 || (outbound?.matches.length ?? 0) > 0
  return isMatched || !asking.action.class.startsWith('read.')
}

/** What the detectors find is not in it, whatever the rules say of it; undefined where nothing was said, or it could not be looked through. */
function excerptOf(content: Json, weighing: Weighing): string | undefined {
  const said = argumentsIn(content)
  const known = content === weighing.content && isShort(said, 0, budget()) ? foundIn(said, weighing) : null
  if (known !== null) return isEmpty(said) ? undefined : excerptIn(said, known)
  const part = beginningOf(said)
  if (isEmpty(part)) return undefined
  const { asking } = weighing
  const sought = soughtFor(groupsOf(asking.caller), asking.current)
  const { sightings, fault } = inspectNow(part, { ...sought, oversize: 'deny', knownSecrets: null })
  return fault === null ? excerptIn(part, sightings) : undefined
}

const excerptIn = (part: Json, sightings: readonly Sighting[]): string =>
  cut(JSON.stringify(masked(part, byPath(sightings))))

/**
 * What the rules' own look at the whole content found in this part of it; it is not looked through twice. Null where they did not look, or
 * not at all of it, or where this part would be taken for something else if it stood alone.
 */
function foundIn(said: Json, { content, inspection }: Weighing): readonly Sighting[] | null {
  if (inspection === null || inspection.fault !== null) return null
  const { sightings } = inspection
  if (sightings.some(({ signal }) => signal === 'content.oversize')) return null
  if (said === content) return sightings
  if (isObject(said) && DEFINING.some((name) => name in said)) return null
  return sightings.flatMap((sighting) =>
    isBelow(sighting) ? [{ ...sighting, path: sighting.path.slice(ARGUMENTS.length) }] : [],
  )
}

const ARGUMENTS = '/arguments'
const isBelow = ({ path, place }: Sighting): boolean =>
  path.startsWith(`${ARGUMENTS}/`) || (path === ARGUMENTS && place !== 'key')

/** Members of an answer under which a server says what its tools and the like are: more is looked for there. */
const DEFINING = ['instructions', 'tools', 'prompts', 'resources', 'resourceTemplates']

type Budget = { characters: number; values: number }
const budget = (): Budget => ({ characters: MOST_LOOKED_AT, values: MOST_VALUES })

/** Whether nothing of it is left out in its beginning. */
function isShort(value: Json, depth: number, left: Budget): boolean {
  left.values -= 1
  if (typeof value === 'string') left.characters -= value.length
  if (left.characters <= 0 || left.values <= 0) return false
  if (typeof value !== 'object' || value === null) return true
  if (depth >= MOST_DEPTH) return false
  return isList(value)
    ? value.every((item) => isShort(item, depth + 1, left))
    : Object.entries(value).every(([name, member]) => {
        left.characters -= name.length
        return isShort(member, depth + 1, left)
      })
}

/** Of a call its arguments; of everything else all of it. */
const argumentsIn = (content: Json): Json =>
  isObject(content) && content['arguments'] !== undefined ? content['arguments'] : content

const isEmpty = (part: Json): boolean =>
  part === null || part === '' || (typeof part === 'object' && Object.keys(part).length === 0)

/** The same tree as far as it is looked at; what is left out is not there, and a text that goes on is cut. */
function beginningOf(content: Json): Json {
  const left = budget()
  const take = (text: string): string => {
    const taken = text.slice(0, Math.max(0, left.characters))
    left.characters -= text.length
    return taken
  }
  const within = (value: Json, depth: number): Json => {
    left.values -= 1
    if (typeof value === 'string') return take(value)
    if (typeof value !== 'object' || value === null) return value
    if (depth >= MOST_DEPTH) return null
    return isList(value) ? listWithin(value, depth) : membersWithin(value, depth)
  }
  const isSpent = (): boolean => left.characters <= 0 || left.values <= 0
  const listWithin = (list: readonly Json[], depth: number): Json => {
    const kept: Json[] = []
    for (const item of list) {
      if (isSpent()) break
      kept.push(within(item, depth + 1))
    }
    return kept
  }
  const membersWithin = (object: JsonObject, depth: number): Json => {
    const kept: [string, Json][] = []
    // oxlint-disable-next-line guard-for-in -- of JSON
    for (const name in object) {
      if (isSpent()) break
      kept.push([take(name), within(object[name] ?? null, depth + 1)])
    }
    return Object.fromEntries(kept)
  }
  return within(content, 0)
}

type Found = ReadonlyMap<string, readonly Sighting[]>

function byPath(sightings: readonly Sighting[]): Found {
  const found = new Map<string, Sighting[]>()
  for (const sighting of sightings) {
    const at = found.get(sighting.path)
    if (at) at.push(sighting)
    else found.set(sighting.path, [sighting])
  }
  return found
}

function masked(value: Json, found: Found, path = ''): Json {
  if (found.size === 0) return value
  const here = found.get(path) ?? []
  if (typeof value === 'string') return maskedText(value, here)
  if (typeof value === 'number') return here[0] ? labelOf(here[0]) : value
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map((item, at) => masked(item, found, `${path}/${at}`))
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const place = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      return [maskedName(name, found.get(place)), masked(member, found, place)]
    }),
  )
}

const maskedName = (name: string, here: readonly Sighting[] = []): string => {
  const inName = here.filter(({ place }) => place === 'key')
  return inName.length > 0 ? maskedText(name, inName, 'key') : name
}

/** What several detectors found goes as one. */
function maskedText(text: string, here: readonly Sighting[], of: Sighting['place'] = 'text'): string {
  const spans = here.filter(({ place }) => place === of).toSorted((one, other) => one.start - other.start)
  let shown = ''
  let end = 0
  for (const span of spans) {
    if (span.start >= end) shown += text.slice(end, span.start) + labelOf(span)
    end = Math.max(end, span.end)
  }
  return shown + text.slice(end)
}

const labelOf = ({ signal }: Sighting): string => `[${signal}]`

/** Not in the middle of a character. */
function cut(text: string): string {
  if (text.length <= LONGEST_EXCERPT) return text
  const kept = text.slice(0, LONGEST_EXCERPT - 1)
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !isList(value)
