/** Longest reason, in characters. */
const MOST_REASON = 600

/**
 * A reason as a terminal, a model and JSON take it alike: one line without control, format or half characters, bounded, never empty. An
 * empty one would turn a deny into an allow in some clients.
 */
export function reasonText(reason: string, decisionId: string, otherwise: string): string {
  const said = plain(reason).slice(0, MOST_REASON).replace(HALF_PAIR_AT_END, '').trim()
  const id = plain(decisionId).slice(0, MOST_ID)
  return `Writ: ${said === '' ? otherwise : said}${id === '' ? '' : ` (${id})`}`
}

/** How a person lets the same action pass, once. */
export function withApproval(text: string, approval: string | null): string {
  const id = approval === null ? '' : plain(approval).slice(0, MOST_ID)
  return id === ''
    ? text
    : `${text}. A person can allow it once with: writ approve ${id} - then try exactly the same again.`
}

const MOST_ID = 64
const HALF_PAIR_AT_END = /[\uD800-\uDBFF]$/

/** Control, format (bidirectional marks, zero width), surrogate and private characters, and line ends, become one space. */
const plain = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
