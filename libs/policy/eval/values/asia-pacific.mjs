// Values of countries of Asia and the Pacific, and of South Africa.
import { by, dot, drawsOf, luhn, two, until } from './digits.mjs'

/** Of the dihedral group of ten elements. */
const product = (a, b) =>
  a < 5 ? (b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5) : b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 5) % 5

/** Verhoeff's permutations. */
const PERMUTED = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
  [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
  [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
  [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
  [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
  [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
  [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
]

const indian = ({ int, digits, letters, some }) => ({
  'pii.in.aadhaar': () =>
    some(
      until(
        () => `${2 + int(8)}${digits(11)}`,
        (one) =>
          Array.from(one)
            .toReversed()
            .reduce((check, digit, at) => product(check, PERMUTED[at % 8][Number(digit)]), 0) === 0,
      ),
      by(' ', 4, 4, 4),
    ),
  'pii.in.pan': () => `${letters(3)}P${letters(1)}${digits(4)}${letters(1)}`,
})

const australian = ({ int, digits, some }) => ({
  'pii.au.tfn': () =>
    some(
      until(
        () => `${1 + int(9)}${digits(8)}`,
        (one) => dot(one, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
      ),
      by(' ', 3, 3, 3),
    ),
  'pii.au.abn': () =>
    some(
      until(
        () => `${1 + int(9)}${digits(10)}`,
        (one) => (dot(one, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0,
      ),
      by(' ', 2, 3, 3, 3),
    ),
  'pii.au.medicare': () => {
    const body = `${2 + int(5)}${digits(7)}`
    return some(`${body}${dot(body, [1, 3, 7, 9, 1, 3, 7, 9]) % 10}${1 + int(9)}`, by(' ', 4, 5, 1))
  },
})

const eastAsian = ({ int, pick, digits, date, some }) => ({
  'pii.sg.nric': () => {
    const series = pick(['S', 'T', 'F', 'G'])
    const body = digits(7)
    const sum = dot(body, [2, 7, 6, 5, 4, 3, 2]) + (series === 'T' || series === 'G' ? 4 : 0)
    return `${series}${body}${('ST'.includes(series) ? 'JZIHGFEDCBA' : 'XWUTRQPNMLK')[sum % 11]}`
  },
  'pii.kr.rrn': () => {
    const { y, m, d } = date()
    const body = `${two(y % 100)}${two(m)}${two(d)}${y < 2000 ? 1 + int(2) : 3 + int(2)}${digits(5)}`
    return `${body.slice(0, 6)}-${body.slice(6)}${(11 - (dot(body, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10}`
  },
  'pii.jp.my_number': () => {
    const body = digits(11)
    const rest = dot(body, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
    return some(`${body}${rest <= 1 ? 0 : 11 - rest}`, by(' ', 4, 4, 4))
  },
})

const southAfrican = ({ int, digits, date }) => ({
  'pii.za.id': () => {
    const { y, m, d } = date()
    return luhn(`${two(y % 100)}${two(m)}${two(d)}${digits(4)}${int(2)}8`)
  },
})

/** @param next numbers in [0, 1) */
export function asiaPacific(next) {
  const draws = drawsOf(next)
  return { ...indian(draws), ...australian(draws), ...eastAsian(draws), ...southAfrican(draws) }
}
