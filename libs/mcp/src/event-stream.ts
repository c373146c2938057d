import { isUtf8 } from 'node:buffer'
import { isRefusal, Refusal } from '@writ/contracts'
import { EventEnds } from './event-ends.ts'

/** One event: its bytes exactly as they came, and its joined `data` lines, null where it has none. */
export type StreamEventBytes = { readonly bytes: Uint8Array; readonly data: string | null }

/** `maxBytes` of one event, lines and comments included. */
export type EventLimits = { readonly maxBytes: number }

/** Splits an event stream (WHATWG HTML §9.2) as it comes. All events together are the very bytes that were pushed. */
export type EventSplitter = {
  /** the events that this chunk completed, or why the stream cannot go on; nothing may be pushed after a refusal */
  readonly push: (chunk: Uint8Array) => readonly StreamEventBytes[] | Refusal
  /** what was left without a blank line after it, to be judged like any event */
  readonly end: () => readonly StreamEventBytes[] | Refusal
  /** Why the stream cannot go on after the events that came before: however the bytes are cut into chunks, these come first. */
  readonly fault: () => Refusal | null
}

/** A stream that cannot be judged any further. */
export class StreamRefused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.detail)
    this.name = 'StreamRefused'
    this.refusal = refusal
  }
}

/** The events of a byte stream, one by one and without reading ahead. Throws {@link StreamRefused}. */
export async function* splitEvents(
  source: AsyncIterable<Uint8Array>,
  limits: EventLimits,
): AsyncGenerator<StreamEventBytes> {
  const splitter = createEventSplitter(limits)
  for await (const chunk of source)
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield* accepted(splitter.push(chunk.subarray(at, at + PIECE_BYTES)))
      const fault = splitter.fault()
      if (fault) throw new StreamRefused(fault)
    }
  yield* accepted(splitter.end())
}

/** So much of a chunk is taken apart at a time: events of one byte take hundreds of times the room of their bytes while they wait. */
const PIECE_BYTES = 4_096

function accepted(events: readonly StreamEventBytes[] | Refusal): readonly StreamEventBytes[] {
  if (isRefusal(events)) throw new StreamRefused(events)
  return events
}

export function createEventSplitter(limits: EventLimits): EventSplitter {
  const ends = new EventEnds()
  const held = new HeldBytes()
  let isFirst = true
  let fault: Refusal | null = null

  const events = (chunk: Uint8Array): StreamEventBytes[] => {
    const found: StreamEventBytes[] = []
    let start = 0
    for (const end of ends.within(chunk)) {
      const event = eventFrom(held.with(chunk.subarray(start, end)), isFirst, limits)
      start = end
      isFirst = false
      if (!isRefusal(event)) found.push(event)
      else {
        fault = event
        return found
      }
    }
    held.add(chunk.subarray(start))
    if (held.size > limits.maxBytes) fault = new Refusal('upstream_too_large')
    return found
  }
  return {
    fault: () => fault,
    push(chunk) {
      if (fault) return fault
      const found = events(chunk)
      return found.length === 0 && fault ? fault : found
    },
    end() {
      if (fault) return fault
      if (held.size === 0) return []
      const event = eventFrom(held.with(NOTHING), isFirst, limits)
      return isRefusal(event) ? event : [event]
    },
  }
}

const NOTHING = new Uint8Array()
/** Room that is kept for the next event. */
const KEPT_BYTES = 4_096

/** Bytes of an event that is not complete, in one piece: a sender of single bytes takes no more room than their number. */
class HeldBytes {
  size = 0
  #room = NOTHING

  add(part: Uint8Array): void {
    if (part.length === 0) return
    const wanted = this.size + part.length
    if (wanted > this.#room.length) {
      const room = new Uint8Array(Math.max(wanted, 2 * this.#room.length))
      room.set(this.#room.subarray(0, this.size))
      this.#room = room
    }
    this.#room.set(part, this.size)
    this.size = wanted
  }

  /** What was held and this part, as bytes of their own; nothing is held after. */
  with(part: Uint8Array): Uint8Array {
    if (this.size === 0) return new Uint8Array(part)
    this.add(part)
    const whole = this.#room.slice(0, this.size)
    if (this.#room.length > KEPT_BYTES) this.#room = NOTHING
    this.size = 0
    return whole
  }
}

function eventFrom(bytes: Uint8Array, isFirst: boolean, limits: EventLimits): StreamEventBytes | Refusal {
  if (bytes.length > limits.maxBytes) return new Refusal('upstream_too_large')
  // A reader that repairs bad UTF-8 would read other text than the one that was judged.
  if (!isUtf8(bytes)) return new Refusal('upstream_malformed', 'the stream is not UTF-8')
  const lines = linesOf(bytes, isFirst)
  if (lines.length > MOST_LINES)
    return new Refusal('upstream_too_large', `an event of the stream has more than ${MOST_LINES} lines`)
  // Readers skip it at the start of a stream, and those that decode piece by piece skip every one: it would hide a field from one of them.
  if (lines.some((line) => line.startsWith(BYTE_ORDER_MARK)))
    return new Refusal('upstream_malformed', 'a line of the stream begins with a byte order mark')
  return { bytes, data: dataOf(lines) }
}

/** Of one event: whoever reads or rewrites it spends the more on a line the shorter lines are. */
export const MOST_LINES = 50_000

const BYTE_ORDER_MARK = '\uFEFF'

/** Joined `data` lines; a field without a colon is an empty one. */
function dataOf(lines: readonly string[]): string | null {
  const values = lines.filter(isData).map((line) => line.slice(5).replace(/^ /, ''))
  return values.length === 0 ? null : values.join('\n')
}

const isData = (line: string): boolean => line === 'data' || line.startsWith('data:')

/** A byte order mark counts for nothing at the start of a stream only: readers skip it there, and the line after it counts. */
function linesOf(bytes: Uint8Array, isFirst: boolean): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  return (isFirst && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text).split(/\r\n|\r|\n/)
}

/**
 * An event with other data and every other line (`id`, `event`, `retry`, comments) of the event that it replaces.
 * @param like bytes of the event that is replaced
 */
export function eventOf(data: Uint8Array, like: Uint8Array): Uint8Array {
  const kept = linesOf(like, true).filter((line) => line !== '' && !isData(line))
  const lines = Buffer.from(data.buffer, data.byteOffset, data.length)
    .toString('utf8')
    .split(/\r\n|\r|\n/)
  return new TextEncoder().encode([...kept, ...lines.map((line) => `data: ${line}`), '', ''].join('\n'))
}
