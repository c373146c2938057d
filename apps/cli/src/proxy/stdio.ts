import { createInterface } from 'node:readline'
import { splitEvents } from '@writ/mcp'
import { headersFor, learn, newConversation } from './conversation.ts'
import type { Conversation, Envelope } from './conversation.ts'
import type { Upstream } from './upstream.ts'

const LIMITS = { maxBytes: 8 * 1024 * 1024 }

/** Serves MCP over stdin and stdout, one message a line, until stdin ends and every call is answered. */
export async function serveStdio(upstream: Upstream): Promise<void> {
  const conversation = newConversation()
  const calls = new Set<Promise<void>>()
  const hangUp = new AbortController()
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue
    const call = answer(line, conversation, upstream, hangUp.signal).finally(() => calls.delete(call))
    calls.add(call)
  }
  await Promise.all([...calls].filter((call) => call !== conversation.listening))
  hangUp.abort()
}

async function answer(
  line: string,
  conversation: Conversation,
  upstream: Upstream,
  hangUp: AbortSignal,
): Promise<void> {
  const message = envelopeOf(line)
  if (message === null)
    return write({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32700, message: 'the line is not one JSON object' },
    })
  try {
    const response = await upstream.send(upstream.url, {
      method: 'POST',
      headers: headersFor(message, conversation),
      body: new TextEncoder().encode(line),
      signal: hangUp,
    })
    learn(message, response, conversation)
    await relay(response, message, conversation)
    if (message.method === 'notifications/initialized')
      conversation.listening = listen(conversation, upstream, hangUp)
  } catch (error) {
    if (hangUp.aborted || message.id === undefined) return
    write({ jsonrpc: '2.0', id: message.id, error: { code: -31125, message: reasonOf(error) } })
  }
}

/** The stream on which a 2025-era server speaks first. A server without one says 405, which is fine. */
async function listen(conversation: Conversation, upstream: Upstream, hangUp: AbortSignal): Promise<void> {
  const headers = { ...headersFor({}, conversation), accept: 'text/event-stream' }
  const response = await upstream
    .send(upstream.url, { method: 'GET', headers, signal: hangUp })
    .catch(() => null)
  if (response?.ok) await relay(response, {}, conversation).catch(() => undefined)
}

async function relay(response: Response, message: Envelope, conversation: Conversation): Promise<void> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') && response.body) {
    for await (const event of splitEvents(response.body as AsyncIterable<Uint8Array>, LIMITS)) {
      if (event.data) writeLine(event.data, message, conversation)
    }
    return
  }
  const text = await response.text()
  if (envelopeOf(text)) return writeLine(text, message, conversation)
  if (message.id !== undefined) {
    write({
      jsonrpc: '2.0',
      id: message.id,
      error: { code: -31125, message: `the gateway answered HTTP ${response.status}` },
    })
  }
}

function writeLine(text: string, message: Envelope, conversation: Conversation): void {
  const answered = envelopeOf(text)
  const version = answered?.result?.['protocolVersion']
  if (message.method === 'initialize' && typeof version === 'string') conversation.protocolVersion = version
  // A refusal that came before the gateway read the id is still the answer to this call.
  if (answered?.error && answered.id === null && message.id !== undefined)
    return write({ ...answered, id: message.id })
  process.stdout.write(`${text.replaceAll(/\r?\n/g, ' ')}\n`)
}

function envelopeOf(text: string): Envelope | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

const write = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`)
const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'the gateway does not answer'
