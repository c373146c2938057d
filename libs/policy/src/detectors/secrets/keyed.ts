import type { FieldRecogniser, Recogniser } from '../recogniser.ts'
import { literals } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { isSecret } from './example.ts'

/** Secrets that look like nothing in particular: the vendor's name stands in the name that they are assigned to, or given under. */
export type Keyed = {
  readonly signal: `secret.${string}`
  /** lower case */
  readonly words: readonly string[]
  /** what a value looks like, without regard to case; alternatives are separated by `|` */
  readonly value: string
}

/** `WORD_api_key = "value"`, `"word-token": 'value'`, `word_secret => value`, `setWord("key", "value")`. */
export const keyedRecogniser = ({ signal, words, value }: Keyed): Recogniser => {
  const assignment = assignmentOf(value)
  return {
    signals: [signal],
    triggers: literals(...words),
    recognise: (text, _start, end) => recognise({ signal, assignment }, text, end),
  }
}

/** The same for a member of a tree: its name has the word, its value is the secret. */
export const keyedField = ({ signal, words, value }: Keyed): FieldRecogniser => {
  return (name) => {
    const lower = name.toLowerCase()
    if (!words.some((word) => lower.includes(word))) return null
    const whole = new RegExp(`^(?:${value})$`, 'i')
    return (given) => (whole.test(given) && isSecret(given) ? signal : null)
  }
}

/** The rest of a name, an operator, and what may stand around a value. Sticky; at most about 40 characters before the value. */
export const assignmentOf = (value: string): RegExp =>
  new RegExp(`${REST_OF_NAME}${OPERATOR}${QUOTES}(${value})(?![\\w=+/-])`, 'iy')

const REST_OF_NAME = String.raw`[ \t\w.\-]{0,24}["'\s\]\x60]{0,6}`
const OPERATOR = String.raw`(?:=>|:{1,3}=|\|\||\?=|:{1,3}|=|>|,)`
const QUOTES = String.raw`["'\s=\x60]{0,5}`

const NONE: readonly Span[] = []

type Assigned = { readonly signal: Keyed['signal']; readonly assignment: RegExp }

function recognise({ signal, assignment }: Assigned, text: string, afterWord: number): readonly Span[] {
  assignment.lastIndex = afterWord
  const value = assignment.exec(text)?.[1]
  if (value === undefined || !isSecret(value)) return NONE
  const end = assignment.lastIndex
  return [{ signal, start: end - value.length, end }]
}
