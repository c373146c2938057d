import { isRefusal, Refusal } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'
import type { Composed, CompositionPorts, Missing } from './composed.ts'
import { isPage, LONGEST_TTL_MS, pageOf } from './listing.ts'
import type { Item, Listing, Onward, Page } from './listing.ts'
import type { SessionMember } from './seal.ts'

/** How far a listing is read: `each` is kept of one connection, and beyond `all` together no page is asked for. */
type Reach = { readonly each: number; readonly all: number }

/** Pages of one connection that are asked for at most: a server that never ends its listing is left where it is. */
const MOST_PAGES = 50
/** Of what all connections list together. */
const MOST_BYTES = 8 * 1024 * 1024

/** What one connection lists, as it is read. */
type List = {
  readonly member: SessionMember
  items: Item[]
  sizeBytes: number
  /** null before its first page */
  onward: Onward | null
  ttlMs: number
  /** why it is not read further, though there is more */
  reason: string | null
  /** instead of its first page */
  failure: Answer | Refusal | null
}

type Reading = {
  readonly listing: Listing
  readonly reach: Reach
  readonly composed: Composed
  readonly ports: CompositionPorts
}

/**
 * Everything that the connections list, as far as it reaches. Each is read at its own pace and to its own end: one that is slow, or lists
 * more than there is room for, is named, and takes neither time nor room of the others.
 */
export async function allOf(
  listing: Listing,
  reach: Reach,
  composed: Composed,
  ports: CompositionPorts,
): Promise<Page | Answer | Refusal> {
  const lists = composed.members.map(begun)
  await Promise.all(lists.map((list) => read(list, lists, { listing, reach, composed, ports })))
  if (lists.some((list) => hasLostSession(list, composed))) return new Refusal('session_unknown')
  const [first] = lists
  if (first?.failure && lists.every(({ failure }) => failure !== null)) return first.failure
  return {
    items: lists.flatMap(({ items }) => items),
    onward: lists.flatMap(({ onward }) => onward ?? []),
    missing: [...composed.missing, ...lists.flatMap(missingIn)].toSorted(byConnection),
    ttlMs: Math.min(LONGEST_TTL_MS, ...lists.map(({ ttlMs }) => ttlMs)),
  }
}

const begun = (member: SessionMember): List => ({
  member,
  items: [],
  sizeBytes: 0,
  onward: null,
  ttlMs: LONGEST_TTL_MS,
  reason: null,
  failure: null,
})

async function read(list: List, lists: readonly List[], reading: Reading): Promise<void> {
  const { listing, reach, composed, ports } = reading
  const alone = { ...composed, members: [list.member], missing: [] }
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const next = await pageOf(listing, list.onward, alone, ports)
    // It was cut while this page was under way.
    if (list.reason !== null) return
    if (!isPage(next)) return fail(list, next)
    add(list, next)
    makeRoom(lists, reach)
    if (next.onward.length === 0 || list.reason !== null || countOf(lists) > reach.all) return
  }
}

function fail(list: List, failure: Answer | Refusal): void {
  const isFirst = list.onward === null
  if (isFirst) list.failure = failure
  list.reason = isFirst && isRefusal(failure) ? failure.code : 'upstream_error'
  list.onward = []
}

function add(list: List, { items, onward, ttlMs }: Page): void {
  list.items = [...list.items, ...items]
  list.sizeBytes += sizeOf(items)
  list.onward = onward
  list.ttlMs = Math.min(list.ttlMs, ttlMs)
}

const sizeOf = (items: readonly Item[]): number => items.reduce((sum, { text }) => sum + text.length, 0)
const countOf = (lists: readonly List[]): number => lists.reduce((sum, { items }) => sum + items.length, 0)

function makeRoom(lists: readonly List[], { each }: Reach): void {
  for (const list of lists) if (list.items.length > each) cut(list, each, TOO_MANY)
  // Whoever says the most keeps its first half, until all together fit.
  while (lists.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > MOST_BYTES) {
    const [largest] = lists.toSorted((one, other) => other.sizeBytes - one.sizeBytes)
    if (largest) cut(largest, Math.floor(largest.items.length / 2), 'upstream_too_large')
  }
}

const TOO_MANY = 'too_many_tools'

function cut(list: List, most: number, reason: string): void {
  list.items = list.items.slice(0, most)
  list.sizeBytes = sizeOf(list.items)
  list.onward = []
  list.reason = reason
}

/** The agent has to begin anew, and then everything is there again. */
const hasLostSession = ({ failure, member }: List, { era }: Composed): boolean =>
  era === '2025' && member.sessionId !== null && isRefusal(failure) && failure.code === 'session_unknown'

const missingIn = ({ member, reason }: List): readonly Missing[] =>
  reason === null ? [] : [{ connection: member.connection, reason }]

/** What a page misses, and the connections whose later pages nobody asked for. */
export const withUnread = ({ missing, onward }: Page): readonly Missing[] =>
  [...missing, ...onward.map(([connection]) => ({ connection, reason: TOO_MANY }))].toSorted(byConnection)

const byConnection = (left: Missing, right: Missing): number => (left.connection < right.connection ? -1 : 1)
