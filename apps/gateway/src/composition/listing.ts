import type { JsonObject } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'
import { z } from 'zod'
import type { Composed, CompositionPorts, Missing } from './composed.ts'
import { callerOf } from './composed.ts'
import { envelopeOf, hasLostSession, hearAll, missingIn, nothingBut, ownAnswer } from './hear.ts'
import type { HeardResult } from './hear.ts'
import { edited, spanAt, spansOf, stringIn, textIn } from '@writ/mcp'
import type { Span } from '@writ/mcp'
import { composedName, composedUri, parted } from './names.ts'
import type { Part } from './part.ts'

/** How the items of one kind of listing are named. */
export type Listing = {
  readonly method: string
  readonly member: string
  readonly named: 'name' | 'uri' | 'uriTemplate' | 'taskId'
}

const EVERY_LISTING: readonly Listing[] = [
  { method: 'tools/list', member: 'tools', named: 'name' },
  { method: 'prompts/list', member: 'prompts', named: 'name' },
  { method: 'resources/list', member: 'resources', named: 'uri' },
  { method: 'resources/templates/list', member: 'resourceTemplates', named: 'uriTemplate' },
  { method: 'tasks/list', member: 'tasks', named: 'taskId' },
]

export const LISTINGS: ReadonlyMap<string, Listing> = new Map(
  EVERY_LISTING.map((listing) => [listing.method, listing]),
)

/** One item: its text, named for the agent, and the name that its own server gave it. */
export type Item = {
  readonly connection: string
  readonly name: string
  readonly composed: string
  readonly text: string
}

/** Where each connection's listing goes on. */
export type Onward = readonly (readonly [connection: string, cursor: string])[]

export type Page = {
  readonly items: readonly Item[]
  readonly onward: Onward
  readonly missing: readonly Missing[]
  readonly ttlMs: number
}

/** The next page of every connection that has one, by the name of the connection. */
export async function pageOf(
  listing: Listing,
  onward: Onward | null,
  composed: Composed,
  ports: CompositionPorts,
): Promise<Page | Answer | Refusal> {
  const parts = partsOf(listing, onward, composed)
  const answers = await hearAll(parts, composed, ports)
  if (answers.some((answer) => hasLostSession(answer, composed))) return new Refusal('session_unknown')
  const failed = nothingBut(answers)
  if (failed !== null) return failed.kind === 'refused' ? failed.refusal : failed.answer
  const results = answers.filter((answer): answer is HeardResult => answer.kind === 'result')
  const pages = results.map((answer) => ({ answer, ...itemsIn(answer, { listing, composed, ports }) }))
  return {
    items: pages.flatMap((page) => page.items),
    onward: pages.flatMap(({ answer, cursor }) =>
      cursor === null ? [] : [[answer.member.connection, cursor] as const],
    ),
    missing: missingIn(answers, composed),
    ttlMs: Math.min(LONGEST_TTL_MS, ...results.map(({ result }) => ttlIn(result))),
  }
}

/** A listing is made for one caller under one bundle: it is not kept for longer. */
export const LONGEST_TTL_MS = 30_000

const ttlIn = ({ ttlMs }: JsonObject): number => (typeof ttlMs === 'number' && ttlMs >= 0 ? ttlMs : 0)

function partsOf({ method }: Listing, onward: Onward | null, composed: Composed): readonly Part[] {
  const cursors = onward === null ? null : new Map(onward)
  const asked =
    cursors === null ? composed.members : composed.members.filter(({ connection }) => cursors.has(connection))
  return asked.map((member) => ({
    member,
    method,
    name: null,
    body: bodyOf(method, cursors?.get(member.connection) ?? null, composed),
  }))
}

/** A request of our own for a listing, under the id and with the marks of the one that it is made for. */
function bodyOf(method: string, cursor: string | null, { message, era }: Composed): string {
  const meta = message.params['_meta']
  const params = {
    ...(cursor === null ? {} : { cursor }),
    ...(meta === undefined || (era === '2025' && message.method !== method) ? {} : { _meta: meta }),
  }
  return JSON.stringify({ jsonrpc: '2.0', id: message.id, method, params })
}

type Reading = { readonly listing: Listing; readonly composed: Composed; readonly ports: CompositionPorts }

function itemsIn({ member, text, result }: HeardResult, reading: Reading) {
  const list = spanAt(spansOf(text), 'result', reading.listing.member)
  const items = (list?.items ?? []).flatMap((span) =>
    itemAt(text, span, { ...reading, connection: member.connection }),
  )
  const { nextCursor } = result
  return { items, cursor: typeof nextCursor === 'string' ? nextCursor : null }
}

function itemAt(
  text: string,
  span: Span,
  reading: Reading & { readonly connection: string },
): readonly Item[] {
  const { connection, listing, composed, ports } = reading
  const at = spanAt(span, listing.named)
  const name = stringIn(text, at)
  if (at === undefined || name === null) return []
  const shown = shownAs(name, reading)
  if (listing.named === 'name' && parted(shown)?.kind === 'short')
    ports.names.remember(callerOf(composed).tenantId, shown, { connection, name })
  const own = textIn(text, span)
  const moved = { start: at.start - span.start, end: at.end - span.start }
  return [
    { connection, name, composed: shown, text: edited(own, [{ at: moved, text: JSON.stringify(shown) }]) },
  ]
}

function shownAs(
  name: string,
  { connection, listing, composed, ports }: Reading & { readonly connection: string },
): string {
  if (listing.named === 'name') return composedName(connection, name)
  if (listing.named === 'taskId')
    return ports.seal.seal('task', { connection, value: name }, callerOf(composed))
  return composedUri(connection, name)
}

export const isPage = (page: Page | Answer | Refusal): page is Page => 'items' in page

/** The answer that shows a page. */
export function pageAnswer({ member }: Listing, page: Page, composed: Composed): Answer {
  const onward = page.onward.filter(isCarried)
  const left = page.onward.filter((one) => !isCarried(one))
  const missing = [...page.missing, ...left.map(([connection]) => ({ connection, reason: TOO_LARGE }))]
  const envelope = {
    ...envelopeOf(composed, missing),
    ...(onward.length > 0 ? { nextCursor: cursorOf(onward) } : {}),
    ...(composed.era === '2026' ? { ttlMs: page.ttlMs, cacheScope: 'private' } : {}),
  }
  const rest = JSON.stringify(envelope).slice(1)
  const items = page.items.map(({ text }) => text).join(',')
  return ownAnswer(composed, `{"${member}":[${items}]${rest === '}' ? '' : ','}${rest}`)
}

/** Of one connection: those of all together come back in one message of the agent. */
const LONGEST_CURSOR = 2_048
const TOO_LARGE = 'upstream_too_large'
const isCarried = ([, cursor]: Onward[number]): boolean => cursor.length <= LONGEST_CURSOR

const Cursor = z.array(z.tuple([z.string(), z.string()])).max(256)

const cursorOf = (onward: Onward): string => Buffer.from(JSON.stringify(onward)).toString('base64url')

/** Where a cursor of ours goes on. What it holds is the upstreams' own, and each of them judges it as it judges any. */
export function onwardIn(cursor: string): Onward | Refusal {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    return new Refusal('name_unknown', 'this cursor is not one of a listing that was given here')
  }
}
