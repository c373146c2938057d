// Values of American countries.
import { by, dot, drawsOf, luhn, two, until } from './digits.mjs'

const unitedStates = ({ int, pick, digits, letters, some }) => ({
  // Social Security Administration: no area 000, 666 or 900 to 999, no group 00, no serial 0000; two numbers were printed in advertisements
  'pii.ssn': () =>
    until(
      () => {
        const [area, group, serial] = [1 + int(899), 1 + int(99), 1 + int(9999)]
        return `${String(area).padStart(3, '0')}-${two(group)}-${String(serial).padStart(4, '0')}`
      },
      (one) => !one.startsWith('666') && one !== '078-05-1120' && one !== '219-09-9999',
    ),
  'pii.us.itin': () => by('-', 3, 2, 4)(`9${digits(2)}${70 + int(18)}${digits(4)}`),
  'pii.us.ein': () => `${pick(['12', '20', '36', '45', '94'])}-${digits(7)}`,
  'pii.us.routing': () =>
    until(
      () => `${pick(['01', '02', '11', '12', '32'])}${digits(7)}`,
      (one) => dot(one, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0,
    ),
  'pii.us.npi': () => luhn(`80840${pick(['1', '2'])}${digits(8)}`).slice(5),
  'pii.us.dea': () => {
    const body = digits(6)
    return `${pick(['A', 'B', 'F', 'M'])}${letters(1)}${body}${(Number(body[0]) + Number(body[2]) + Number(body[4]) + 2 * (Number(body[1]) + Number(body[3]) + Number(body[5]))) % 10}`
  },
  'pii.us.mbi': () => {
    const l = 'ACDEFGHJKMNPQRTUVWXY'
    const value = `${1 + int(9)}${letters(1, l)}${letters(1, l)}${int(10)}${letters(1, l)}${letters(1, l)}${int(10)}${letters(2, l)}${digits(2)}`
    return some(value, by('-', 4, 3, 4))
  },
})

const canadian = ({ int, digits, some }) => ({
  'pii.ca.sin': () => some(luhn(`${1 + int(7)}${digits(7)}`), by(' ', 3, 3, 3), by('-', 3, 3, 3)),
})

const brazilian = ({ digits, some }) => ({
  'pii.br.cpf': () => {
    let body = digits(9)
    for (const weights of [
      [10, 9, 8, 7, 6, 5, 4, 3, 2],
      [11, 10, 9, 8, 7, 6, 5, 4, 3, 2],
    ])
      body += ((dot(body, weights) * 10) % 11) % 10
    return some(body, (one) => `${one.slice(0, 3)}.${one.slice(3, 6)}.${one.slice(6, 9)}-${one.slice(9)}`)
  },
  'pii.br.cnpj': () => {
    let body = `${digits(8)}0001`
    for (const weights of [
      [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
      [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
    ]) {
      const rest = dot(body, weights) % 11
      body += rest < 2 ? 0 : 11 - rest
    }
    return some(
      body,
      (one) =>
        `${one.slice(0, 2)}.${one.slice(2, 5)}.${one.slice(5, 8)}/${one.slice(8, 12)}-${one.slice(12)}`,
    )
  },
})

/** @param next numbers in [0, 1) */
export function americas(next) {
  const draws = drawsOf(next)
  return { ...unitedStates(draws), ...canadian(draws), ...brazilian(draws) }
}
