import { viewOf } from '@writ/postgres'
import type { FoundLeaf, FoundPage } from '@writ/postgres'

/** What a tail says next, and where it stands then. `isMore`: there is more at once. */
export type Piece = { readonly events: readonly string[]; readonly place: number; readonly isMore: boolean }

/** One reader holds so many characters and one record in memory, however large records are and however slowly it reads. */
const MOST_CHARACTERS = 256 * 1024

/** @param end the last leaf that there was before the page was looked for */
export function pieceOf({ leaves, next }: FoundPage, end: number): Piece {
  const events: string[] = []
  let characters = 0
  for (const leaf of leaves) {
    if (characters >= MOST_CHARACTERS) return { events, place: lastOf(leaves, events.length), isMore: true }
    const event = eventOf(leaf)
    characters += event.length
    events.push(event)
  }
  return { events, place: next ?? Math.max(end, lastOf(leaves, leaves.length)), isMore: next !== null }
}

/** One that is no record any more is named and passed: a tail that ended at it would come back to it for ever. */
function eventOf(leaf: FoundLeaf): string {
  const { leafIndex, kind, record } = leaf
  return record === null && kind !== 'unreadable'
    ? `id: ${leafIndex}\nevent: damaged\ndata: ${JSON.stringify({ leafIndex })}\n\n`
    : `id: ${leafIndex}\nevent: record\ndata: ${JSON.stringify(viewOf(leaf))}\n\n`
}

const lastOf = (leaves: FoundPage['leaves'], count: number): number => leaves[count - 1]?.leafIndex ?? -1
