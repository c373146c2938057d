// What the makers of values share. The check digits are computed from the published rules, apart from the detectors.

export const two = (number) => String(number).padStart(2, '0')

/** Makes until the check holds. */
export function until(make, holds) {
  for (;;) {
    const made = make()
    if (holds(made)) return made
  }
}

/** Writes a value in groups. */
export const by =
  (separator, ...lengths) =>
  (value) => {
    let at = 0
    return lengths.map((length) => value.slice(at, (at += length))).join(separator)
  }

export function luhn(body) {
  let sum = 0
  Array.from(body)
    .toReversed()
    .forEach((digit, place) => {
      const doubled = place % 2 === 0 ? digit * 2 : Number(digit)
      sum += doubled > 9 ? doubled - 9 : doubled
    })
  return body + ((10 - (sum % 10)) % 10)
}

export const dot = (body, weights) => weights.reduce((sum, weight, at) => sum + weight * Number(body[at]), 0)

export function iban(country, bban) {
  const code = Array.from(`${bban}${country}00`, (character) => parseInt(character, 36)).join('')
  return `${country}${two(98n - (BigInt(code) % 97n))}${bban}`
}

export function mod1110(body) {
  let product = 10
  for (const digit of body) product = (((Number(digit) + product) % 10 || 10) * 2) % 11
  return body + ((11 - product) % 10)
}

/** @param next numbers in [0, 1) */
export function drawsOf(next) {
  const int = (below) => Math.floor(next() * below)
  const pick = (list) => list[int(list.length)]
  return {
    int,
    pick,
    digits: (count) => Array.from({ length: count }, () => int(10)).join(''),
    letters: (count, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') =>
      Array.from({ length: count }, () => pick(Array.from(alphabet))).join(''),
    date: () => ({ y: 1940 + int(65), m: 1 + int(12), d: 1 + int(28) }),
    /** The value, or one of its other writings. */
    some: (value, ...writings) => pick([value, ...writings.map((writing) => writing(value))]),
  }
}
