import { isRefusal, Refusal } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'
import { argumentsOf, rowOf } from '@writ/mcp'
import type { Composed, CompositionPorts } from './composed.ts'
import { plainPieces, rewritten } from './events.ts'
import { discover, initialize } from './handshake.ts'
import { hasLostSession, hearAll, nothingBut, ownAnswer, toEach } from './hear.ts'
import type { Heard } from './hear.ts'
import { allOf, withUnread } from './all-pages.ts'
import { isPage, LISTINGS, onwardIn, pageAnswer, pageOf } from './listing.ts'
import type { Item, Listing, Page } from './listing.ts'
import { passOn } from './part.ts'
import type { Part } from './part.ts'
import { idAt } from './request-ids.ts'
import { toAgent, withOwnId, withTexts } from './rewrite.ts'
import type { Writing } from './rewrite.ts'
import { writingFor } from './writing-for.ts'
import { routed } from './route-message.ts'
import { found, foundText, SEARCH, searchIn, STAND_INS } from './search.ts'
import { listenOn2025, listenOn2026 } from './streams.ts'
import { turn } from '../turn.ts'

type Answering = (composed: Composed, ports: CompositionPorts) => Promise<Answer | Refusal>

/** What is answered here, of several connections or of none. Every other message is for one connection. */
const HERE: ReadonlyMap<string, Answering> = new Map<string, Answering>([
  ['initialize', initialize],
  ['server/discover', discover],
  ['ping', async (composed) => ownAnswer(composed, '{}')],
  ['logging/setLevel', toEverybody],
  ['notifications/initialized', toEverybody],
  ['notifications/roots/list_changed', toEverybody],
  // Whose request it was is not known here; to the others the id means nothing.
  ['notifications/cancelled', cancel],
  ['subscriptions/listen', listenOn2026],
  ['http/get', listenOn2025],
  ['http/delete', toEverybody],
  ...[...LISTINGS.values()].map((listing) => [listing.method, listingBy(listing)] as const),
])

const isSearch = ({ message }: Composed): boolean =>
  message.method === 'tools/call' && message.params['name'] === SEARCH

export const isPassedOn = (composed: Composed): boolean =>
  !isSearch(composed) && !HERE.has(composed.message.method ?? 'response')

export function answerOf(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  if (isSearch(composed)) return search(composed, ports)
  const answering = HERE.get(composed.message.method ?? 'response') ?? passedOn
  return answering(composed, ports)
}

/** The one connection's answer, with its names written for the agent. */
async function passedOn(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  const to = await routed(composed, ports)
  if (isRefusal(to)) return to
  const { connection } = to.member
  const { id, kind } = composed.message
  const asked = kind === 'request' ? { there: idAt(connection, id, composed, ports), own: id } : null
  const body = asked === null ? to.body : withTexts(to.body, [{ path: ['id'], value: asked.there }])
  const answer = await passOn({ ...to, body }, composed, ports)
  if (answer.kind === 'refusal') return { ...answer, id }
  const writing = writingFor(connection, composed, ports, asked)
  const headers = answer.headers.filter(([name]) => name !== 'mcp-session-id')
  if (answer.kind === 'whole') return { ...answer, headers, body: writtenBody(answer, writing) }
  const frames = answer.frames
  async function* written() {
    for await (const frame of plainPieces(frames))
      yield rewritten(frame, connection, (data) => toAgent(data, writing))
  }
  return { ...answer, headers, frames: written() }
}

/** An error names nothing of its server's but the request, and may be no JSON. */
function writtenBody({ status, body }: Whole, writing: Writing): Uint8Array {
  if (body.length === 0) return body
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')
  const other = status >= 300 ? withOwnId(text, writing.asked ?? null) : toAgent(text, writing)
  return other === text ? body : Buffer.from(other)
}

type Whole = Pick<Extract<Answer, { kind: 'whole' }>, 'status' | 'body'>

function listingBy(listing: Listing): Answering {
  return async (composed, ports) => {
    const { cursor } = composed.message.params
    const onward = typeof cursor === 'string' ? onwardIn(cursor) : null
    if (isRefusal(onward)) return onward
    const { toolsListed } = ports.settings
    const isCounted = listing.member === 'tools' && onward === null && toolsListed > 0
    const page = isCounted
      ? await allOf(listing, { each: Infinity, all: toolsListed }, composed, ports)
      : await pageOf(listing, onward, composed, ports)
    if (!isPage(page)) return page
    return pageAnswer(listing, isCounted && page.items.length > toolsListed ? standIns(page) : page, composed)
  }
}

/** Too many tools for a model to read: it searches among them instead. */
const standIns = (page: Page): Page => ({
  ...page,
  onward: [],
  items: STAND_INS.map((text): Item => ({ connection: '', name: '', composed: '', text })),
})

/** Of one connection. What it lists beyond is not searched, and it is named. */
const MOST_SEARCHED = 2_000

async function search(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  const listing = LISTINGS.get('tools/list')
  const row = rowOf(composed.message)
  const wanted = row ? searchIn(argumentsOf(composed.message, row)) : null
  if (listing === undefined || wanted === null)
    return new Refusal('name_unknown', 'search_tools takes a query, and a limit from 1 to 50')
  const page = await allOf(listing, { each: MOST_SEARCHED, all: Infinity }, composed, ports)
  if (!isPage(page)) return page
  const { text, structured } = foundText(await found(page.items, wanted, turn))
  const missing = withUnread(page)
  const meta = missing.length === 0 ? '' : `,"_meta":${JSON.stringify({ 'writ/unavailable': missing })}`
  const kind = composed.era === '2026' ? ',"resultType":"complete"' : ''
  return ownAnswer(
    composed,
    `{"content":[{"type":"text","text":${text}}],"structuredContent":${structured}${kind}${meta}}`,
  )
}

/** Each server is told under both ids that the request can have there: a call's is sealed, that of a listing or handshake is the agent's own. */
function cancel(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  const { requestId = null } = composed.message.params
  return toldToAll(
    composed.members.flatMap((member) => {
      const value = idAt(member.connection, requestId, composed, ports)
      const sealed = withTexts(composed.text, [{ path: ['params', 'requestId'], value }])
      return [sealed, composed.text].map((body) => ({ member, body }))
    }),
    composed,
    ports,
  )
}

/** Something that every server is told. It went well where one of them took it. */
function toEverybody(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  return toldToAll(toEach(composed, { body: composed.text }), composed, ports)
}

async function toldToAll(
  parts: readonly Part[],
  composed: Composed,
  ports: CompositionPorts,
): Promise<Answer | Refusal> {
  const answers = await hearAll(parts, composed, ports)
  if (answers.some((answer) => hasLostSession(answer, composed))) return new Refusal('session_unknown')
  if (answers.some(isTaken) || answers.length === 0) return taken(composed)
  const failed = nothingBut(answers) ?? answers[0]
  if (failed?.kind === 'refused') return failed.refusal
  return failed?.kind === 'error' ? failed.answer : taken(composed)
}

const isTaken = ({ kind }: Heard): boolean => kind === 'taken' || kind === 'result'

const taken = (composed: Composed): Answer =>
  composed.message.kind === 'request'
    ? ownAnswer(composed, '{}')
    : {
        kind: 'whole',
        status: composed.message.method === 'http/delete' ? 200 : 202,
        headers: [],
        body: new Uint8Array(0),
      }
