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
  for await (const chunk of source) yield* accepted(splitter.push(chunk))
  yield* accepted(splitter.end())
}

function accepted(events: readonly StreamEventBytes[] | Refusal): readonly StreamEventBytes[] {
  if (isRefusal(events)) throw new StreamRefused(events)
  return events
}

export function createEventSplitter(limits: EventLimits): EventSplitter {
  const ends = new EventEnds()
  let parts: Uint8Array[] = []
  let sizeBytes = 0
  let isFirst = true

  const take = (part: Uint8Array): void => {
    if (part.length === 0) return
    parts.push(new Uint8Array(part))
    sizeBytes += part.length
  }
  const complete = (): StreamEventBytes | Refusal => {
    const event = eventFrom(parts, isFirst, limits)
    parts = []
    sizeBytes = 0
    isFirst = false
    return event
  }
  return {
    push(chunk) {
      const events: StreamEventBytes[] = []
      let start = 0
      for (const end of ends.within(chunk)) {
        take(chunk.subarray(start, end))
        start = end
        const event = complete()
        if (isRefusal(event)) return event
        events.push(event)
      }
      take(chunk.subarray(start))
      return sizeBytes > limits.maxBytes ? new Refusal('upstream_too_large') : events
    },
    end() {
      if (sizeBytes === 0) return []
      const event = complete()
      return isRefusal(event) ? event : [event]
    },
  }
}

function eventFrom(
  parts: readonly Uint8Array[],
  isFirst: boolean,
  limits: EventLimits,
): StreamEventBytes | Refusal {
  const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  if (bytes.length > limits.maxBytes) return new Refusal('upstream_too_large')
  // A reader that repairs bad UTF-8 would read other text than the one that was judged.
  if (!isUtf8(bytes)) return new Refusal('upstream_malformed', 'the stream is not UTF-8')
  return { bytes, data: dataOf(linesOf(bytes, isFirst)) }
}

/** Joined `data` lines; a field without a colon is an empty one. */
function dataOf(lines: readonly string[]): string | null {
  const values = lines.filter(isData).map((line) => line.slice(5).replace(/^ /, ''))
  return values.length === 0 ? null : values.join('\n')
}

const isData = (line: string): boolean => line === 'data' || line.startsWith('data:')

/** A byte order mark counts for nothing at the start of a stream only: readers skip it there, and the line after it counts. */
function linesOf(bytes: Uint8Array, isFirst: boolean): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  return (isFirst && text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r\n|\r|\n/)
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
