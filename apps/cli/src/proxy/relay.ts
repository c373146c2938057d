import type { Readable, Writable } from 'node:stream'
import type { Conversation, Envelope } from './conversation.ts'
import { newConversation, requestIdOf } from './conversation.ts'
import type { LineWriter } from './line-writer.ts'
import { createLineWriter } from './line-writer.ts'
import type { Upstream } from './upstream.ts'

/** The client's side of a stdio proxy: its messages, the answers, and what a person may want to read besides. */
export type Pipes = {
  readonly input: Readable
  readonly output: Writable
  readonly note: (text: string) => void
}

/** One message of the client on its way, or the stream on which the server speaks first. */
export type Call = {
  readonly message: Envelope
  /** null where nobody waits for an answer */
  readonly id: string | number | null
  readonly hangUp: AbortController
  answered: boolean
}

/** Both ends of a stdio proxy, and what is under way between them. */
export type Relay = {
  readonly upstream: Upstream
  readonly conversation: Conversation
  readonly write: LineWriter
  readonly note: (text: string) => void
  readonly calls: Set<Call>
  /** hangs up on everything */
  readonly end: () => void
}

export function openRelay(upstream: Upstream, { output, note }: Pipes): Relay {
  const calls = new Set<Call>()
  const ended = new AbortController()
  const end = () => {
    ended.abort()
    for (const call of calls) call.hangUp.abort()
  }
  const write = createLineWriter(output, ended.signal)
  return { upstream, conversation: newConversation(), write, note, calls, end }
}

export function openCall(message: Envelope, relay: Relay): Call {
  const call: Call = { message, id: requestIdOf(message), hangUp: new AbortController(), answered: false }
  relay.calls.add(call)
  return call
}
