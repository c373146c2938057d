import { isRefusal } from '@writ/contracts'
import { createEventSplitter, eventOf } from '@writ/mcp'
import { composedEventId } from './names.ts'

/** Longer than any event that mediation lets through, which may grow when a rule rewrites it. */
const LIMITS = { maxBytes: 64 * 1024 * 1024 }

/**
 * The pieces of one judged stream as they stand in another, or by themselves. A byte order mark is nothing at the start of a stream, and
 * readers that take a piece for a start skip every one: a line that hides behind one was judged by nobody.
 */
export async function* plainPieces(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true
  for await (const frame of frames) {
    const piece = isFirst && startsWithMark(frame) ? frame.subarray(3) : frame
    isFirst = false
    if (!hasMarkedLine(piece)) yield piece
  }
}

const startsWithMark = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

const hasMarkedLine = (bytes: Uint8Array): boolean =>
  bytes.includes(0xef) &&
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .split(/\r\n|\r|\n/)
    .some((line) => line.startsWith('\uFEFF'))

/** The data of one judged piece of a stream; null where it carries none. */
export function messageTextIn(frame: Uint8Array): string | null {
  const splitter = createEventSplitter(LIMITS)
  const begun = splitter.push(frame)
  const rest = isRefusal(begun) ? [] : splitter.end()
  const events = isRefusal(begun) || isRefusal(rest) ? [] : [...begun, ...rest]
  return events.find(({ data }) => data !== null && data !== '')?.data ?? null
}

/** The same piece with other data, and an event id that says which connection it came from. */
export function rewritten(
  frame: Uint8Array,
  connection: string,
  write: (data: string) => string,
): Uint8Array {
  const data = messageTextIn(frame)
  const other = data === null ? null : write(data)
  const like = withEventId(frame, connection)
  if (other === null || other === data) return like
  return eventOf(new TextEncoder().encode(other), like)
}

const ID_LINE = /(^|\r\n|\r|\n)id:( ?)([^\r\n]+)/g

function withEventId(frame: Uint8Array, connection: string): Uint8Array {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('utf8')
  if (!text.includes('id:')) return frame
  const marked = text.replaceAll(
    ID_LINE,
    (_, before: string, space: string, id: string) =>
      `${before}id:${space}${composedEventId(connection, id)}`,
  )
  return marked === text ? frame : new TextEncoder().encode(marked)
}

const RETRY_LINE = /(?<=^|[\r\n])retry:[^\r\n]*(?:\r\n|\r|\n|$)/g

/** In a stream of several servers none of them says after how long the agent comes back. */
export function withoutRetry(frame: Uint8Array): Uint8Array {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('utf8')
  const other = text.includes('retry:') ? text.replaceAll(RETRY_LINE, '') : text
  return other === text ? frame : new TextEncoder().encode(other)
}

/** Pieces of which each ends its event: one that its server left open would go on in what another server says, which then is a part of it. */
export async function* endedPieces(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) yield isEnded(frame) ? frame : Buffer.concat([frame, BLANK_LINE])
}

function isEnded(frame: Uint8Array): boolean {
  const end = frame.subarray(-LONGEST_BLANK_LINE)
  const lines = Buffer.from(end)
    .toString('latin1')
    .split(/\r\n|\r|\n/)
  return lines.length > 1 && lines.at(-1) === '' && lines.at(-2) === ''
}

/** With the line end before it, in CRLF. */
const LONGEST_BLANK_LINE = 4
const BLANK_LINE = Buffer.from('\n\n')
