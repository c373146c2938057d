import type { Recogniser } from '../detectors/recogniser.ts'
import type { Span } from '../detectors/sighting.ts'

/** The signal of what looks like a token of ours: whether it is one, and whose, only `restore` can tell. */
export const TOKEN_SIGNALS = ['token.writ'] as const

/** Places of tokens in a text. */
export function findTokens(text: string): readonly Span[] {
  return Array.from(text.matchAll(TOKENS), ({ 0: token, index }) => spanOf(index, token))
}

/** Finds tokens in the one pass over the text: from each run that is long enough for the shortest, outwards. */
export const TOKEN_RECOGNISERS: readonly Recogniser[] = [
  {
    signals: TOKEN_SIGNALS,
    triggers: [{ kind: 'long', min: 24, max: Number.MAX_SAFE_INTEGER }],
    recognise: (text, start, end) => {
      if (text.charCodeAt(start - 1) !== HASH || text.charCodeAt(end) !== BRACKET) return []
      const label = LABEL.exec(text.slice(Math.max(0, start - LONGEST_LABEL - 2), start))?.[0]
      if (label === undefined || !BODY.test(text.slice(start, end))) return []
      return [{ signal: 'token.writ', start: start - label.length, end: end + 1 }]
    },
  },
]

const spanOf = (start: number, token: string): Span => ({
  signal: 'token.writ',
  start,
  end: start + token.length,
})

const HASH = 35
const BRACKET = 93
const LONGEST_LABEL = 64
const LABEL = /\[[A-Z0-9_]{1,64}#$/
const BODY = /^[A-Za-z0-9_-]+$/
const TOKENS = /\[[A-Z0-9_]{1,64}#[A-Za-z0-9_-]{24,}\]/g
