import type { Recogniser } from '../recogniser.ts'
import { literals } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { anyOf, distanceOf, surroundingsOf } from './context.ts'
import type { Words } from './context.ts'
import type { NumberKind } from './number-kind.ts'
import { isDate, isInternational, isNational, isNorthAmerican } from './numbering-plan.ts'

const PHONE = 'pii.phone'
/** The form of a telephone number that is assigned nowhere that we know. */
const LOOSE = 'pii.phone.loose'

const WORDS: Words = anyOf(
  'phone',
  ...'phones telephone tel mobile cell cellphone fax call calling dial sms whatsapp desk office hotline landline msisdn'.split(
    ' ',
  ),
  ...'handy telefon telefono telefone celular telefoon puhelin telefonnummer rufnummer tlf gsm phonenumber'.split(
    ' ',
  ),

  'teléfono',
  'téléphone',
  'móvil',
  'messages to',
  'answering at',
  'text me',
  'reach me',
  '電話',
  '전화',
  '电话',
)

/** Numbers as they are dialled within a country: North America's in their strict form, others beside a word. */
export const PHONES: readonly NumberKind[] = [
  {
    signal: PHONE,
    forms: ['3-3-4', '1-3-3-4', '3-3-3-4'],
    isValid: (digits) => isNorthAmerican(digits.replace(/^00(?=1)/, '')),
    words: WORDS,
    isWeak: true,
    alone: /^(?:(?:00)?1[-.])?\d{3}([-.])\d{3}\1\d{4}$/,
  },
  {
    signal: LOOSE,
    forms: ['3-3-4', '1-3-3-4', '3-1-3-3-4', '3-3-3-4'],
    isValid: (digits) => !isNorthAmerican(digits),
    words: WORDS,
    isWeak: true,
    alone: /^(?:(?:00)?1-)?\d{3}([-.])\d{3}\1\d{4}$/,
  },
  { signal: PHONE, forms: nationalForms(), isValid: isNational, words: WORDS, alone: null, isWeak: true },
  {
    signal: LOOSE,
    forms: nationalForms(),
    isValid: (digits) => !isNational(digits) && !isNorthAmerican(digits) && !isDate(digits),
    words: WORDS,
    alone: null,
    isWeak: true,
  },
]

function nationalForms(): readonly string[] {
  return (
    '7 8 9 10 11 12 13 3-4 4-4 3-3-3 3-3-4 4-3-3 4-6 4-7 5-6 5-5 3-7 3-8 2-8 2-7 3-4-4 4-3-4 3-3-5 2-4-4 2-3-4 1-3-3-4 2-3-3 3-3-2 ' +
    '2-2-2-2 2-2-2-2-2 3-2-2-2 3-3-2-2 4-2-2-2 4-3-2-2 4-2-2 5-3-3 2-3-3-4 3-2-3 3-2-4 2-3-2-2 5-2-2-2 4-5 3-6 3-5 3-2-2 2-6 2-2-3'
  ).split(' ')
}

/** E.164 with its plus sign. */
export const INTERNATIONAL: Recogniser = {
  signals: [PHONE, LOOSE],
  triggers: literals('+'),
  recognise: (text, start) => {
    SHAPE.lastIndex = start
    const found = SHAPE.exec(text)?.[0]
    return found === undefined ? NONE : spansOf(found, start)
  },
}

const NONE: readonly Span[] = []

const SHAPE =
  /(?<![\p{L}\p{N}_+.])\+[1-9]\d{0,14}(?:[ \u00a0.-]?\(\d{1,4}\)[ \u00a0.-]?\d{1,14})?(?:[ \u00a0./-]\d{1,14}){0,6}(?![\p{L}\p{N}_+])/uy

/** A number that follows the telephone number looks like one more group of it: groups fall off until the rest is a number. */
function spansOf(found: string, start: number): readonly Span[] {
  for (let rest = found; rest !== ''; rest = shorter(rest)) {
    if (isInternational(digitsOf(rest))) return [{ signal: PHONE, start, end: start + rest.length }]
  }
  const digits = digitsOf(found).length
  return digits >= 9 && digits <= 15 ? [{ signal: LOOSE, start, end: start + found.length }] : NONE
}

/** A zero in brackets is dialled within the country only. */
const digitsOf = (found: string): string => found.replace('(0)', '').replace(/\D/g, '')

const shorter = (found: string): string => found.replace(/(?:^|[^\d])\d*$/, '')

/** An area code in brackets, and the number behind it. */
export const BRACKETED: Recogniser = {
  signals: [PHONE, LOOSE],
  triggers: [{ kind: 'digits', min: 5, max: 20 }],
  recognise: (text, start) => {
    if (!isBehindBracket(text, start)) return NONE
    const area = AREA.exec(text.slice(Math.max(0, start - 9), start))?.[0]
    SUBSCRIBER.lastIndex = start
    const number = area === undefined ? undefined : SUBSCRIBER.exec(text)?.[0]
    if (area === undefined || number === undefined) return NONE
    const from = start - area.length
    return bracketed(text, { signal: PHONE, start: from, end: start + number.length })
  },
}

const isBehindBracket = (text: string, start: number): boolean =>
  text.charAt(start - 1) === ')' || (text.charAt(start - 1) === ' ' && text.charAt(start - 2) === ')')

const AREA = /(?<![\p{L}\p{N}_)])\(\d{2,5}\) ?$/u
const SUBSCRIBER = /\d{3,5}(?:[ .-]?\d{2,4}){1,3}(?![\p{L}\p{N}_])/uy

function bracketed(text: string, span: Span): readonly Span[] {
  const digits = text.slice(span.start, span.end).replace(/\D/g, '')
  if (isNorthAmerican(digits)) return [span]
  const isNamed = distanceOf(WORDS, surroundingsOf(text, span.start, span.end)) < Infinity
  if (isNamed && isNational(digits)) return [span]
  return isNamed || digits.length >= 9 ? [{ ...span, signal: LOOSE }] : NONE
}
