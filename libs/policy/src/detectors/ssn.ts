import type { Span } from './sighting.ts'

/** US social security numbers: hyphenated anywhere, otherwise only right after their name; only numbers that can be assigned. */
export function* detectSsns(text: string): Generator<Span> {
  for (const shape of [HYPHENATED, NAMED]) {
    for (const match of text.matchAll(shape)) {
      const number = match[1] ?? ''
      const start = match.index + match[0].length - number.length
      if (isAssignable(number)) yield { signal: 'pii.ssn', start, end: start + number.length }
    }
  }
}

const HYPHENATED = /(?<![\w-])(\d{3}-\d{2}-\d{4})(?![\w-])/g
const NAMED =
  /\b(?:ssn|social security(?: number| no)?)[\s:.#=]{1,6}(?:is |number )?(\d{3} \d{2} \d{4}|\d{9})(?![\w-])/gi

/** Never assigned: area 000, 666 and 9xx, group 00, serial 0000; and two numbers that advertising burnt. */
function isAssignable(number: string): boolean {
  const digits = number.replace(/\D/g, '')
  if (/^(?:000|666|9)/.test(digits) || digits.slice(3, 5) === '00' || digits.endsWith('0000')) return false
  return digits !== '078051120' && digits !== '219099999'
}
