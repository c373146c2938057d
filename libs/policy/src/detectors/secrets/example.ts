/** Bits per character: how evenly a value uses its characters. Random hex of 32 characters has about 3.6, words in a row about 3. */
export function entropyOf(value: string): number {
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}

/** Placeholders and documented examples: no one loses anything by them, and documentation is full of them. */
export const isExample = (value: string): boolean =>
  PLACEHOLDER.test(value) || FILLING.test(value) || entropyOf(value.slice(0, LONGEST_READ)) < LEAST_ENTROPY

/** Of a shape that is already particular: only fillings such as `xxxx` and `0123` fall below. */
const LEAST_ENTROPY = 2.4
const LONGEST_READ = 256

const PLACEHOLDER =
  /example|ABC-DEF1234|abc-?123|123-?abc|a1b2c3|mock|fake|foobar|placeholder|redacted|dummy|sample|change_?me|insert|<[a-z]|\$\{|\{\{|your[-_a-z]*(?:key|token|secret|id)|my[-_](?:key|token|secret)/i
/** The same character again and again, or counting up. */
const FILLING = /([^a])\1{7}|0123456789|1234567890|12345678|abcdefgh|(?:\*|\.){4}|x{6}/i

/** A value of a vendor's form is one, and not a word or an example that has the form by chance. */
export const isSecret = (value: string): boolean => looksRandom(value) && !isExample(value)

/** Lower-case, upper-case, digits, anything else. */
export const kindsOf = (value: string): number =>
  [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length

/** Not a word or a name in camel case: it has a digit, or its case changes too often. */
export const looksRandom = (value: string): boolean =>
  /\d/.test(value) || (value.match(/[a-z][A-Z]|[A-Z][a-z]/g)?.length ?? 0) >= MANY_CHANGES

const MANY_CHANGES = 4
