import { isGenuine } from '../detectors/pii/genuine.ts'
import { drawFrom } from './draw.ts'
import type { Draw } from './draw.ts'
import type { Keyring } from './keyring.ts'

/**
 * A harmless value of the same form, so that what expects such a value still takes it: nobody's address, a card number that no check
 * accepts, a telephone number that is kept for films. One value has one surrogate within a session, and a surrogate is its own.
 */
export function surrogateOf(text: string, signal: string, { surrogate }: Keyring): string {
  const form = FORMS[signal] ?? sameShape
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const candidate = form(text, drawFrom(surrogate, `${attempt}\0${text}`))
    if (!isGenuine(signal, candidate)) return candidate
  }
  return text.replace(/[\p{L}\p{N}]/gu, 'x')
}

/** A random number passes the weakest check one time in ten. */
const MAX_ATTEMPTS = 32

type Form = (text: string, draw: Draw) => string

const FORMS: Readonly<Record<string, Form>> = {
  'pii.email': emailAddress,
  'pii.iban': account,
  'pii.ssn': socialSecurity,
  'pii.phone': telephone,
  'pii.phone.loose': telephone,
  'pii.ip': networkAddress,
  'pii.birthdate': date,
}

/** `.invalid` is nobody's, for good (RFC 2606 §2). */
function emailAddress(text: string, draw: Draw): string {
  return OWN_ADDRESS.test(text) ? text : `u-${drawn(10, () => draw(16).toString(16))}@redacted.invalid`
}

const OWN_ADDRESS = /^u-[0-9a-f]{10}@redacted\.invalid$/

/** The country and the length stay. */
function account(text: string, draw: Draw): string {
  return text.slice(0, 2) + sameShape(text.slice(2), draw)
}

/** No area is 000. */
function socialSecurity(text: string, draw: Draw): string {
  return sameShape(text, draw).replace(/^\D*\d\D?\d\D?\d/, (area) => area.replace(/\d/g, '0'))
}

/** Ends in 555-01xx, which is assigned to nobody in North America. The digits before say nothing either. */
function telephone(text: string, draw: Draw): string {
  const digits = text.replace(/\D/g, '').length
  const ending = `55501${draw(10)}${draw(10)}`
  const isOwn = /^\D*1?5*55501\d\d$/.test(text.replace(/\D/g, ''))
  if (isOwn) return text
  let place = ending.length - digits - 1
  return text.replace(/\d/g, (digit) => {
    place += 1
    return place < 0 ? countryOr5(text, digit, place === ending.length - digits) : ending.charAt(place)
  })
}

const countryOr5 = (text: string, digit: string, isFirst: boolean): string =>
  isFirst && text.startsWith('+1') ? digit : '5'

/** The ranges of the documentation (RFC 5737, RFC 3849). */
function networkAddress(text: string, draw: Draw): string {
  if (/^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/i.test(text)) return text
  if (text.includes(':')) return `2001:db8::${draw(0xffff).toString(16)}:${draw(0xffff).toString(16)}`
  return `${['192.0.2', '198.51.100', '203.0.113'][draw(3)]}.${draw(254) + 1}`
}

/** A date of the same notation: a year of the last century, and numbers that are a day as well as a month. */
function date(text: string, draw: Draw): string {
  return text.replace(/\d+/g, (digits) => {
    if (digits.length === 4) return `19${draw(10)}${draw(10)}`
    if (digits.length === 8) return `19${draw(10)}${draw(10)}0${draw(9) + 1}0${draw(9) + 1}`
    return digits.length === 1 ? `${draw(9) + 1}` : `0${draw(9) + 1}`
  })
}

/** Letters for letters and digits for digits. */
function sameShape(text: string, draw: Draw): string {
  return text.replace(/[\p{L}\p{N}]/gu, (character) => {
    if (/\p{N}/u.test(character)) return String(draw(10))
    const letter = String.fromCharCode(97 + draw(26))
    return /[A-Z]/.test(character) ? letter.toUpperCase() : letter
  })
}

const drawn = (count: number, one: () => string): string => Array.from({ length: count }, one).join('')
