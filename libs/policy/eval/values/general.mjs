// Values that are no country's own.
import { by, drawsOf, iban, luhn, two } from './digits.mjs'

const VIN_VALUES = {
  A: 1,
  B: 2,
  C: 3,
  D: 4,
  E: 5,
  F: 6,
  G: 7,
  H: 8,
  J: 1,
  K: 2,
  L: 3,
  M: 4,
  N: 5,
  P: 7,
  R: 9,
  S: 2,
  T: 3,
  U: 4,
  V: 5,
  W: 6,
  X: 7,
  Y: 8,
  Z: 9,
}

const accounts = ({ int, pick, digits, letters, some }) => ({
  'pii.email': () =>
    `${pick(['ana', 'jo.smith', 'müller', 'x_y', 'o-neil+tag'])}${int(999)}@${pick(['mail.example.com', 'firma.de', 'uni.ac.uk', 'a.io'])}`,
  'pii.card': () => {
    const [prefix, length, ...groups] = pick([
      ['4', 16, 4, 4, 4, 4],
      ['51', 16, 4, 4, 4, 4],
      ['2221', 16, 4, 4, 4, 4],
      ['37', 15, 4, 6, 5],
      ['6011', 16, 4, 4, 4, 4],
      ['36', 14, 4, 6, 4],
      ['3530', 16, 4, 4, 4, 4],
    ])
    return some(luhn(prefix + digits(length - 1 - prefix.length)), by(' ', ...groups), by('-', ...groups))
  },
  'pii.iban': () => {
    const value = pick([
      () => iban('DE', digits(18)),
      () => iban('GB', letters(4) + digits(14)),
      () => iban('FR', digits(23)),
      () => iban('NL', letters(4) + digits(10)),
      () => iban('ES', digits(20)),
      () => iban('CH', digits(17)),
    ])()
    return some(
      value,
      (one) => one.replace(/(.{4})(?=.)/g, '$1 '),
      (one) => one.toLowerCase(),
    )
  },
})

const devices = ({ int, pick, digits, letters }) => ({
  'pii.imei': () => luhn(`35${digits(12)}`),
  'pii.vin': () => {
    const body = `${letters(3, 'JWSVKLZ')}${letters(5, 'ABCDEFGH123456789')}0${letters(2, 'ABCDEFGH')}${digits(6)}`
    const sum = Array.from(body).reduce(
      (total, one, at) =>
        total + (VIN_VALUES[one] ?? Number(one)) * [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2][at],
      0,
    )
    return `${body.slice(0, 8)}${'0123456789X'[sum % 11]}${body.slice(9)}`
  },
  'pii.ip': () =>
    pick([
      () => `${pick([84, 91, 177, 203])}.${int(256)}.${int(256)}.${1 + int(254)}`,
      () =>
        `2a02:${(4096 + int(50000)).toString(16)}:${(4096 + int(50000)).toString(16)}::${(1 + int(60000)).toString(16)}`,
    ])(),
  'pii.mac': () => Array.from({ length: 6 }, () => two(int(256).toString(16))).join(pick([':', '-'])),
  'pii.phone': () =>
    pick([
      () => `+49 30 ${digits(6)}`,
      () => `+44 20 7946 0${digits(3)}`,
      () => `(${pick(['415', '212', '312'])}) ${pick(['555', '721', '867'])}-${digits(4)}`,
      () => `+1-${pick(['415', '212'])}-${pick(['555', '721'])}-${digits(4)}`,
      () => `${pick(['415', '646'])}-${pick(['721', '867'])}-${digits(4)}`,
      () => `+33 6 ${pick([12, 45])} ${digits(2)} ${digits(2)} ${digits(2)}`,
    ])(),
})

/** @param next numbers in [0, 1) */
export function general(next) {
  const draws = drawsOf(next)
  return { ...accounts(draws), ...devices(draws) }
}
