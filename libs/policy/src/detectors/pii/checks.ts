/** Check digits. All take digits only, unless said otherwise. */

/** ISO/IEC 7812-1 annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - ZERO
    const weighted = place % 2 === 0 ? digit : digit * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}

const ZERO = 48

/** The rest of a decimal number of any length. */
export function restOf(digits: string, modulus: number): number {
  let rest = 0
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % modulus
  return rest
}

/** Sum of digit times weight; `weights` may be shorter than `digits`. */
export const weigh = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, at) => sum + weight * Number(digits.charAt(at)), 0)

/** ISO 7064 MOD 11,10. */
export function passesMod11And10(digits: string): boolean {
  let product = 10
  for (const digit of digits.slice(0, -1)) {
    const sum = (Number(digit) + product) % 10 || 10
    product = (sum * 2) % 11
  }
  return (11 - product) % 10 === Number(digits.slice(-1))
}

/** ISO 7064 MOD 97-10 over letters and digits, as IBANs use it once their head stands at the end. */
export function restOf97(compact: string): number {
  let rest = 0
  for (const character of compact) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

/** J. Verhoeff, Error Detecting Decimal Codes, 1969: the dihedral group of order 10. */
export function passesVerhoeff(digits: string): boolean {
  let check = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - place))
    check = multiply(check, permute(digit, place % 8))
  }
  return check === 0
}

function multiply(left: number, right: number): number {
  if (left < 5) return right < 5 ? (left + right) % 5 : ((left + right) % 5) + 5
  return right < 5 ? ((left - right + 5) % 5) + 5 : (left - right + 5) % 5
}

const PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

function permute(digit: number, times: number): number {
  let permuted = digit
  for (let time = 0; time < times; time += 1) permuted = PERMUTATION[permuted] ?? 0
  return permuted
}

/** Whether month and day can stand in one date; February has 29 days. Both in two digits. */
export function isDay(month: string, day: string): boolean {
  const days = DAYS[Number(month) - 1]
  return days !== undefined && Number(day) >= 1 && Number(day) <= days
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** All the same digit: passes many checks, and is nobody's. */
export const isUniform = (digits: string): boolean => /^(\d)\1*$/.test(digits)
