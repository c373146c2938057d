import { setTimeout as pause } from 'node:timers/promises'
import { Refusal } from '@writ/contracts'
import { errorAnswer, splitEvents, StreamRefused } from '@writ/mcp'
import type { Envelope } from './conversation.ts'
import { envelopeOf, headersFor, isRequestOrNotification, learnVersion, textOfError } from './conversation.ts'
import type { EventCursor } from './event-cursor.ts'
import { advance, backOff, START } from './event-cursor.ts'
import type { Call, Relay } from './relay.ts'
import { openCall } from './relay.ts'
import { refusalOf } from './upstream.ts'

const EVENT_LIMITS = { maxBytes: 8 * 1024 * 1024 }

/** Writes what the gateway answered, as lines. A call that stays without an answer gets one that says so. */
export async function passOn(response: Response, call: Call, relay: Relay): Promise<void> {
  if (isEventStream(response)) await follow(response, call, relay)
  else await passOnWhole(response, call, relay)
  if (call.id === null || call.answered) return
  const refusal = new Refusal('upstream_malformed', `HTTP ${response.status} came without an answer`)
  await relay.write(errorAnswer(call.id, refusal))
}

const LISTENING: Envelope = {}

/** Opens the stream on which a 2025-era server speaks first, in place of the one of an earlier handshake. */
export function startListening(relay: Relay): void {
  for (const call of relay.calls) if (call.message === LISTENING) call.hangUp.abort()
  const call = openCall(LISTENING, relay)
  listen(call, relay)
    .catch((error: unknown) => {
      if (!isOver(call)) relay.note(`writ: the server's own messages are lost: ${refusalOf(error).detail}`)
    })
    .finally(() => relay.calls.delete(call))
    .catch(() => undefined)
}

/** Again whenever the stream ends. A server without one says 405, which is fine. */
async function listen(call: Call, relay: Relay): Promise<void> {
  for (let cursor = START; !isOver(call);) {
    const response = await reopen(cursor, call, relay).catch(() => null)
    if (response !== null && response.status >= 400 && response.status < 500) return
    const next = await readEvents(response, cursor, { call, relay })
    cursor = next === cursor ? backOff(cursor) : next
    await rest(cursor, call)
  }
}

async function passOnWhole(response: Response, call: Call, relay: Relay): Promise<void> {
  const text = await response.text()
  if (await deliver(text, call, relay)) return
  if (call.id === null && !response.ok)
    relay.note(`writ: the gateway answered HTTP ${response.status} to a message`)
}

/** A server may end a stream at will and go on with its answer where the client takes the stream up again. */
async function follow(first: Response, call: Call, relay: Relay): Promise<void> {
  let cursor = await readEvents(first, START, { call, relay })
  while (!call.answered && call.id !== null && cursor.lastEventId !== null) {
    await rest(cursor, call)
    if (isOver(call)) return
    const response = await reopen(cursor, call, relay)
    if (!isEventStream(response)) return
    cursor = await readEvents(response, cursor, { call, relay })
  }
}

/** Passes on every event of a stream. @returns where it ended */
async function readEvents(
  response: Response | null,
  from: EventCursor,
  { call, relay }: { readonly call: Call; readonly relay: Relay },
): Promise<EventCursor> {
  let cursor = from
  if (response === null || !isEventStream(response)) {
    await response?.body?.cancel()
    return cursor
  }
  try {
    for await (const event of splitEvents(response.body, EVENT_LIMITS)) {
      cursor = advance(cursor, event.bytes)
      if (event.data) await deliver(event.data, call, relay)
    }
  } catch (error) {
    // A stream that breaks off has ended, as any other.
    if (error instanceof StreamRefused || isOver(call)) throw error
  }
  return cursor
}

/** @returns false where the text is no message */
async function deliver(text: string, call: Call, relay: Relay): Promise<boolean> {
  const message = envelopeOf(text)
  if (message === null) return false
  if (isRequestOrNotification(message)) {
    await relay.write(text)
    return true
  }
  learnVersion(call.message, message, relay.conversation)
  // A refusal that came before the gateway read the id is still the answer to this call.
  const isUnaddressed = message.id === null || message.id === undefined
  call.answered ||= isUnaddressed || message.id === call.id
  if (!isUnaddressed) await relay.write(text)
  else if (call.id === null) relay.note(`writ: a message was refused: ${textOfError(message)}`)
  else await relay.write(JSON.stringify({ ...message, id: call.id }))
  return true
}

function reopen(cursor: EventCursor, call: Call, { upstream, conversation }: Relay): Promise<Response> {
  const headers = {
    ...headersFor({}, conversation),
    accept: 'text/event-stream',
    ...(cursor.lastEventId === null ? {} : { 'last-event-id': cursor.lastEventId }),
  }
  return upstream.send(upstream.url, { method: 'GET', headers, signal: call.hangUp.signal })
}

type EventStream = Response & { readonly body: ReadableStream<Uint8Array> & AsyncIterable<Uint8Array> }

const isEventStream = (response: Response): response is EventStream =>
  response.ok &&
  response.body !== null &&
  (response.headers.get('content-type') ?? '').startsWith('text/event-stream')

const isOver = ({ hangUp }: Call): boolean => hangUp.signal.aborted

const rest = ({ retryMs }: EventCursor, { hangUp }: Call): Promise<void> =>
  pause(retryMs, undefined, { signal: hangUp.signal }).catch(() => undefined)
