/** Where a stream that broke off can be taken up again (WHATWG HTML §9.2.6, `Last-Event-ID`). */
export type EventCursor = { readonly lastEventId: string | null; readonly retryMs: number }

export const START: EventCursor = { lastEventId: null, retryMs: 1_000 }
const LONGEST_RETRY_MS = 30_000

/** The cursor after one more event. An id with a NUL, or one that no header carries, does not count. */
export function advance(cursor: EventCursor, event: Uint8Array): EventCursor {
  let { lastEventId, retryMs } = cursor
  for (const line of Buffer.from(event)
    .toString()
    .split(/\r\n|\r|\n/)) {
    const id = /^id: ?([\x21-\x7e]{1,512})$/.exec(line)?.[1]
    const retry = /^retry: ?(\d{1,9})$/.exec(line)?.[1]
    if (id !== undefined) lastEventId = id
    if (retry !== undefined) retryMs = Math.min(Number(retry), LONGEST_RETRY_MS)
  }
  return { lastEventId, retryMs }
}

/** Waits longer each time that nothing came. */
export const backOff = (cursor: EventCursor): EventCursor => ({
  ...cursor,
  retryMs: Math.min(Math.max(cursor.retryMs, 500) * 2, LONGEST_RETRY_MS),
})
