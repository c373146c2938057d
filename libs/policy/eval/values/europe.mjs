// Values of European countries.
import { by, dot, drawsOf, luhn, mod1110, two, until } from './digits.mjs'

const NIF_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE'

/** Of the characters of an Italian fiscal code in odd places. */
const ODD_PLACES = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
]

const british = ({ int, digits, letters, some }) => ({
  'pii.uk.nhs': () =>
    some(
      until(
        () => `${4 + int(4)}${digits(9)}`,
        (one) => dot(one, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
      ),
      by(' ', 3, 3, 4),
      by('-', 3, 3, 4),
    ),
  'pii.uk.nino': () =>
    some(
      `${letters(1, 'ABCEHJLMPRSTWXYZ')}${letters(1, 'ABCEHJLMPRSWXYZ')}${digits(6)}${letters(1, 'ABCD')}`,
      by(' ', 2, 2, 2, 2, 1),
    ),
  'pii.uk.utr': () => {
    const body = digits(9)
    return `${'21987654321'[dot(body, [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11]}${body}`
  },
})

const german = ({ int, pick, digits, letters, date, some }) => ({
  'pii.de.tax_id': () => {
    const body = until(
      () => `${1 + int(9)}${digits(9)}`,
      (one) => {
        const counts = Array.from('0123456789', (digit) => one.split(digit).length - 1)
        return counts.filter((count) => count > 1).length === 1 && Math.max(...counts) <= 3
      },
    )
    return some(mod1110(body), by(' ', 2, 3, 3, 3))
  },
  'pii.de.id_card': () => {
    const body = `${letters(1, 'LMNPRTVWXY')}${letters(8, '0123456789CFGHJKLMNPRTVWXYZ')}`
    const sum = Array.from(body).reduce((total, one, at) => total + parseInt(one, 36) * [7, 3, 1][at % 3], 0)
    return /\d.*\d.*\d/.test(body) ? `${body}${sum % 10}` : 'L01X00T471'
  },
  'pii.de.social_insurance': () => {
    const { y, m, d } = date()
    const letter = letters(1)
    const body = `${pick(['12', '53', '65', '13'])}${two(d)}${two(m)}${two(y % 100)}${letter}${digits(2)}`
    const plain = body.slice(0, 8) + two(letter.charCodeAt(0) - 64) + body.slice(9)
    const sum = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].reduce(
      (total, weight, at) =>
        total + Array.from(String(weight * plain[at])).reduce((a, b) => a + Number(b), 0),
      0,
    )
    return some(`${body}${sum % 10}`, by(' ', 2, 6, 1, 3))
  },
  'pii.de.vat': () => `DE${mod1110(`${1 + int(9)}${digits(7)}`)}`,
})

const french = ({ int, digits, some }) => ({
  'pii.fr.nir': () => {
    const body = `${1 + int(2)}${digits(2)}${two(1 + int(12))}${two(1 + int(95))}${digits(6)}`
    return some(`${body}${two(97n - (BigInt(body) % 97n))}`, by(' ', 1, 2, 2, 2, 3, 3, 2))
  },
  'pii.fr.siret': () => some(luhn(`${1 + int(9)}${digits(12)}`), by(' ', 3, 3, 3, 5)),
})

const spanish = ({ int, pick, digits }) => ({
  'pii.es.nif': () => {
    const body = digits(8)
    return `${body}${pick(['', '', '-'])}${NIF_LETTERS[Number(body) % 23]}`
  },
  'pii.es.nie': () => {
    const first = int(3)
    const body = digits(7)
    return `${'XYZ'[first]}${body}${NIF_LETTERS[Number(`${first}${body}`) % 23]}`
  },
})

const southern = ({ pick, digits, letters, date, some }) => ({
  'pii.it.fiscal_code': () => {
    const { y, m, d } = date()
    const body = `${letters(6, 'BCDFGLMNPRSTV')}${two(y % 100)}${'ABCDEHLMPRST'[m - 1]}${two(d)}${letters(1, 'ABCDEFGHILM')}${digits(3)}`
    const sum = Array.from(body).reduce((total, one, at) => {
      const value = /\d/.test(one) ? Number(one) : one.charCodeAt(0) - 65
      return total + (at % 2 === 0 ? ODD_PLACES[value] : value)
    }, 0)
    return some(`${body}${String.fromCharCode(65 + (sum % 26))}`, (one) => one.toLowerCase())
  },
  'pii.pt.nif': () => {
    const body = `${pick(['1', '2', '5'])}${digits(7)}`
    const rest = dot(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
    return some(`${body}${rest < 2 ? 0 : 11 - rest}`, by(' ', 3, 3, 3))
  },
})

const western = ({ int, digits, date, some }) => ({
  'pii.nl.bsn': () =>
    some(
      until(
        () => `${1 + int(9)}${digits(8)}`,
        (one) => dot(one, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
      ),
      by('.', 4, 2, 3),
    ),
  'pii.be.nrn': () => {
    const { y, m, d } = date()
    const body = `${two(y % 100)}${two(m)}${two(d)}${digits(3)}`
    const check = y < 2000 ? 97 - (Number(body) % 97) : 97 - (Number(`2${body}`) % 97)
    const all = `${body}${two(check)}`
    return some(
      all,
      (one) => `${one.slice(0, 2)}.${one.slice(2, 4)}.${one.slice(4, 6)}-${one.slice(6, 9)}.${one.slice(9)}`,
    )
  },
})

const northern = ({ int, digits, date, some }) => ({
  'pii.pl.pesel': () => {
    const { y, m, d } = date()
    const body = `${two(y % 100)}${two(y < 2000 ? m : m + 20)}${two(d)}${digits(4)}`
    return `${body}${(10 - (dot(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10}`
  },
  'pii.se.personnummer': () => {
    const { y, m, d } = date()
    const all = luhn(`${two(y % 100)}${two(m)}${two(d)}${digits(3)}`)
    return some(
      `${all.slice(0, 6)}-${all.slice(6)}`,
      () => all,
      () => `${y < 2000 ? 19 : 20}${all.slice(0, 6)}-${all.slice(6)}`,
    )
  },
  'pii.fi.hetu': () => {
    const { y, m, d } = date()
    const body = `${two(d)}${two(m)}${two(y % 100)}`
    const serial = String(2 + int(897)).padStart(3, '0')
    return `${body}${y < 2000 ? '-' : 'A'}${serial}${'0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(body + serial) % 31]}`
  },
})

/** @param next numbers in [0, 1) */
export function europe(next) {
  const draws = drawsOf(next)
  return {
    ...british(draws),
    ...german(draws),
    ...french(draws),
    ...spanish(draws),
    ...southern(draws),
    ...western(draws),
    ...northern(draws),
  }
}
