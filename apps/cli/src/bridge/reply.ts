import type { ServerResponse } from 'node:http'
import type { Refusal } from '@writ/contracts'
import { REFUSALS } from '@writ/contracts'
import { errorAnswer } from '@writ/mcp'

/** What goes back for one HTTP request: one JSON message, or a stream of them as soon as something is told before the answer. */
export type Reply = {
  /** one message before the answer; false where the client takes none, or is gone */
  readonly tell: (message: string) => boolean
  /** the last one */
  readonly answer: (message: string, status?: number) => void
  /** Nothing more comes. */
  readonly close: () => void
  /** settles when the client has the answer, or is gone without it */
  readonly over: Promise<'answered' | 'gone'>
}

/** What a client may leave untaken, bytes. One that takes nothing is cut off, so that it holds up nobody else. */
const MOST_WAITING = 4 * 1024 * 1024
/** Proxies on the way should see that a long call is alive. */
const SILENCE_MS = 15_000

type Fields = Readonly<Record<string, string>>

/** @param streams whether the client takes an event stream; `at once`: it asked for one and for nothing else */
export function createReply(
  response: ServerResponse,
  streams: boolean | 'at once',
  fields: Fields = {},
): Reply {
  let isAnswered = false
  const open = () => {
    if (!response.headersSent)
      response.writeHead(200, {
        ...fields,
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
    response.flushHeaders()
  }
  const write = (text: string): boolean => {
    if (response.destroyed || response.writableEnded) return false
    open()
    response.write(text)
    if (response.writableLength > MOST_WAITING) response.destroy()
    return !response.destroyed
  }
  const alive = setInterval(() => streams !== false && write(': still at work\n\n'), SILENCE_MS)
  const over = new Promise<'answered' | 'gone'>((resolve) => {
    response.once('close', () => {
      clearInterval(alive)
      resolve(isAnswered ? 'answered' : 'gone')
    })
  })
  if (streams === 'at once') open()
  return {
    over,
    tell: (message) => streams !== false && write(eventOf(message)),
    answer: (message, status = 200) => {
      isAnswered = true
      if (response.headersSent) response.end(eventOf(message))
      else response.writeHead(status, { ...fields, 'content-type': 'application/json' }).end(message)
    },
    close: () => {
      isAnswered = true
      response.end()
    },
  }
}

/** A message is one line. */
const eventOf = (message: string): string =>
  `event: message\ndata: ${message.replaceAll(/[\r\n]+/g, ' ')}\n\n`

/** The whole answer to a request that goes no further. */
export function refuse(
  response: ServerResponse,
  refusal: Refusal,
  id: string | number | null = null,
  fields: Fields = {},
): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(REFUSALS[refusal.code].http, { ...fields, 'content-type': 'application/json' })
  response.end(errorAnswer(id, refusal))
}
