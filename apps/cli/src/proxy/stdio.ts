import { isRefusal, Refusal } from '@writ/contracts'
import { errorAnswer } from '@writ/mcp'
import { passOn, startListening } from './answers.ts'
import type { Envelope } from './conversation.ts'
import {
  cancelledBy,
  envelopeOf,
  headersFor,
  isNotification,
  isOf2026,
  learnSession,
} from './conversation.ts'
import { linesOf } from './lines.ts'
import type { Call, Pipes, Relay } from './relay.ts'
import { openCall, openRelay } from './relay.ts'
import type { Upstream } from './upstream.ts'
import { MAX_MESSAGE_BYTES, refusalOf } from './upstream.ts'

const FAREWELL_MS = 2_000

/** Serves MCP over two pipes, one message a line, until the input ends and every call is answered. */
export async function serveStdio(upstream: Upstream, pipes: Pipes): Promise<void> {
  const relay = openRelay(upstream, pipes)
  const leave = () => {
    relay.end()
    pipes.input.destroy()
  }
  // Nobody reads the answers any more: the client is gone.
  pipes.output.once('error', leave)
  try {
    await Promise.all(await takeAll(pipes, relay))
    await endSession(relay)
  } finally {
    relay.end()
    pipes.output.off('error', leave)
  }
}

/** Starts every message, and settles at the end of the input with those that are still under way. */
async function takeAll({ input }: Pipes, relay: Relay): Promise<Iterable<Promise<void>>> {
  const underWay = new Set<Promise<void>>()
  let before: Promise<void> = Promise.resolve()
  try {
    for await (const line of linesOf(input, MAX_MESSAGE_BYTES)) {
      const sent = readLine(line)
      if (sent === null) continue
      const done = before.then(() => take(sent, relay)).finally(() => underWay.delete(done))
      underWay.add(done)
      if (!isRefusal(sent) && goesFirst(sent.message)) before = done
    }
  } catch (error) {
    if (!input.destroyed) throw error
  }
  return underWay
}

type Sent = { readonly bytes: Uint8Array; readonly message: Envelope }

function readLine(line: Uint8Array | Refusal): Sent | Refusal | null {
  if (isRefusal(line)) return line
  const text = Buffer.from(line).toString()
  if (text.trim() === '') return null
  const message = envelopeOf(text)
  return message === null
    ? new Refusal('message_malformed', 'the line is not one JSON object')
    : { bytes: line, message }
}

/** Calls go side by side. What they build on is delivered before them, as a pipe promises: the handshake and notifications. */
const goesFirst = (message: Envelope): boolean => message.method === 'initialize' || isNotification(message)

async function take(sent: Sent | Refusal, relay: Relay): Promise<void> {
  if (isRefusal(sent)) return relay.write(errorAnswer(null, sent))
  const cancelled = callCancelledBy(sent.message, relay)
  if (cancelled) return cancelled.hangUp.abort()
  const call = openCall(sent.message, relay)
  try {
    await exchange(sent, call, relay)
  } catch (error) {
    await excuse(error, call, relay)
  } finally {
    relay.calls.delete(call)
  }
}

/** From 2026-07-28 on, closing the response is how HTTP cancels a call. */
function callCancelledBy(message: Envelope, { calls }: Relay): Call | undefined {
  const id = cancelledBy(message)
  return id === null ? undefined : [...calls].find((call) => call.id === id && isOf2026(call.message))
}

async function exchange({ bytes, message }: Sent, call: Call, relay: Relay): Promise<void> {
  const { upstream, conversation } = relay
  const response = await upstream.send(upstream.url, {
    method: 'POST',
    headers: headersFor(message, conversation),
    body: bytes,
    signal: call.hangUp.signal,
  })
  learnSession(message, response, conversation)
  await passOn(response, call, relay)
  if (message.method === 'notifications/initialized' && response.ok) startListening(relay)
}

async function excuse(error: unknown, call: Call, relay: Relay): Promise<void> {
  if (call.hangUp.signal.aborted) return
  const refusal = refusalOf(error)
  if (call.id === null) return relay.note(`writ: a message was not delivered: ${refusal.detail}`)
  if (!call.answered) await relay.write(errorAnswer(call.id, refusal))
}

/** A 2025-era server keeps a session until it is told that nobody needs it. */
async function endSession({ upstream, conversation }: Relay): Promise<void> {
  if (conversation.sessionId === null) return
  const headers = headersFor({}, conversation)
  const signal = AbortSignal.timeout(FAREWELL_MS)
  await upstream.send(upstream.url, { method: 'DELETE', headers, signal }).catch(() => undefined)
}
