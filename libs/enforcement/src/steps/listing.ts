import type { Json, JsonObject } from '@writ/contracts'
import type { Definition } from '@writ/policy'
import { isVisible, readDefinitions } from '@writ/policy'
import type { Asked } from '../stages.ts'
import { isResumed, mayBelongTo } from './answering.ts'
import { isCovered } from './authorization.ts'
import { inTurns } from './in-turns.ts'
import type { Turns } from './in-turns.ts'
import { questionOf } from './question.ts'
import { nameAction } from './tool.ts'
import type { ToolPorts } from './tool.ts'

/** What a listing left of its content, and the names that this caller is not shown. */
export type Listed = { readonly content: Json; readonly hidden: readonly string[] }

type ListPorts = ToolPorts & Turns & { readonly nowMs: () => number }

/**
 * Leaves out of a listing what this caller may not call whatever the arguments: the same rules decide, with the arguments unknown.
 * Content of any other shape, and a listing from which nothing is left out, is the very same reference.
 */
export async function listed(content: Json, asked: Asked, ports: ListPorts): Promise<Listed> {
  const listings = listingsIn(content, asked)
  const hidden: string[] = []
  if (listings.length === 0) return { content, hidden }
  const moment = { state: null, nowMs: ports.nowMs() }
  let shown = content
  for (const [listing, items] of listings) {
    const kept = await keptOf(items, ports, (item) => isShown(item, listing))
    if (isObject(shown) && kept.length < items.length) shown = { ...shown, [listing.member]: kept }
  }
  return { content: hidden.length > 0 ? forThisCaller(shown) : shown, hidden }

  function isShown(item: Json, { named, method }: Listing): boolean {
    const name = isObject(item) ? item[named] : undefined
    if (typeof name !== 'string') return true
    const candidate = askedFor(asked, method, name, ports)
    if (
      isGivenTo(candidate) &&
      isVisible(asked.current.policies, questionOf(candidate, 'outbound', {}, moment))
    )
      return true
    hidden.push(name)
    return false
  }
}

/** How long a listing that says less to one than to another may be believed: no longer than an access token. */
const BELIEVED_MS = 300_000

/** What was left out for one caller is nobody else's listing, and not this one's for ever (caching of 2026-07-28). */
function forThisCaller(content: Json): Json {
  if (!isObject(content) || content['cacheScope'] === undefined) return content
  const { ttlMs } = content
  const believedMs = typeof ttlMs === 'number' ? { ttlMs: Math.min(ttlMs, BELIEVED_MS) } : {}
  return { ...content, ...believedMs, cacheScope: 'private' }
}

/** What the token was not given for is not shown either. */
const isGivenTo = ({ caller, connection, action }: Asked): boolean =>
  isCovered(caller.authorizations, { connection: connection.name, action })

/** As many definitions as are remembered of one connection: a page that is longer is there to hold up the gateway, or to bury a change. */
const MOST_LISTED = 2_000
/** Items between which everything else gets its turn. */
const A_SLICE = 64

export const listsTooMany = (content: Json, asked: Asked): boolean =>
  listingsIn(content, asked).some(([, items]) => items.length > MOST_LISTED)

/** The definitions that a listing shows, or what a server says of itself. */
export async function definitionsOf(
  content: Json,
  asked: Asked,
  turns: Turns,
): Promise<readonly Definition[]> {
  const listings = listingsIn(content, asked)
  if (listings.length === 0) return inTurns(readDefinitions(asked.action.method, content), turns)
  const found: Definition[] = []
  for (const [{ lists, member }, items] of listings)
    found.push(...(await inTurns(readDefinitions(lists, { [member]: items }), turns)))
  return found
}

/** Of what a stream brings that was taken up again nobody knows which page it is: then it replaces nothing either. */
export const isLaterPage = ({ action, message }: Asked): boolean =>
  isResumed(action.method) || Object.hasOwn(message.params, 'cursor')

function listingsIn(content: Json, { action }: Asked): readonly (readonly [Listing, readonly Json[]])[] {
  const listings = LISTINGS.filter(({ lists }) => mayBelongTo(action.method, lists))
  if (listings.length === 0 || !isObject(content)) return NO_LISTINGS
  return listings.flatMap((listing) => {
    const items = content[listing.member]
    return Array.isArray(items) ? [[listing, items] as const] : []
  })
}

async function keptOf(
  items: readonly Json[],
  { turn }: Turns,
  isKept: (item: Json) => boolean,
): Promise<readonly Json[]> {
  const kept: Json[] = []
  for (let from = 0; from < items.length; from += A_SLICE) {
    kept.push(...items.slice(from, from + A_SLICE).filter(isKept))
    if (from + A_SLICE < items.length) await turn()
  }
  return kept
}

/** The call that an item of a listing offers. */
const askedFor = (asked: Asked, method: string, named: string, ports: ToolPorts): Asked => ({
  ...asked,
  args: {},
  ...nameAction({ connection: asked.connection, method, named, args: {} }, ports),
})

const NO_LISTINGS: readonly (readonly [Listing, readonly Json[]])[] = []

type Listing = {
  readonly lists: string
  readonly member: string
  readonly named: 'name' | 'uri' | 'uriTemplate'
  /** what an item is there for */
  readonly method: string
}

const LISTINGS: readonly Listing[] = [
  { lists: 'tools/list', member: 'tools', named: 'name', method: 'tools/call' },
  { lists: 'prompts/list', member: 'prompts', named: 'name', method: 'prompts/get' },
  { lists: 'resources/list', member: 'resources', named: 'uri', method: 'resources/read' },
  {
    lists: 'resources/templates/list',
    member: 'resourceTemplates',
    named: 'uriTemplate',
    method: 'resources/read',
  },
]

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
