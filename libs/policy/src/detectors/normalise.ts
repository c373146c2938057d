/**
 * The ways in which a model may read a text that was written to get past a filter: lower case, compatibility forms folded,
 * invisible characters out, tag characters as the letters that they smuggle, entities decoded, emphasis and white space evened out.
 * One reading keeps letters as they are, one folds look-alikes to Latin, one joins what HTML comments cut apart, one joins s p a c e d letters.
 * Linear in the text; the first reading is always there.
 */
export function readingsOf(text: string): readonly string[] {
  const plain = PLAIN_ASCII.test(text) ? text : unveil(text)
  const even = evenOut(plain)
  const readings = new Set([even])
  if (NOT_ASCII.test(even)) readings.add(foldLookAlikes(even))
  if (plain.includes('<!--')) readings.add(evenOut(cutComments(plain).outside))
  if (SPACED.test(even)) readings.add(even.replace(SPACED_RUN, (run) => `§${run.replace(/[ .-]/g, '')}`))
  return [...readings]
}

/** True for text that every reading leaves as it is, but for case and the amount of white space. */
export const isPlain = (text: string): boolean =>
  PLAIN_ASCII.test(text) && !EMPHASIS.test(text) && !SPACED.test(text)

/** Nothing to unveil: printable ASCII and white space, without entities. */
const PLAIN_ASCII = /^[\t\n\r\u0020-\u0025\u0027-\u007e]*$/
const EMPHASIS = /[*~]|<!--/
const NOT_ASCII = /\P{ASCII}/u

function unveil(text: string): string {
  return text
    .replace(ENTITY, (_, hex: string | undefined, decimal: string | undefined) => characterOf(hex, decimal))
    .replace(TAG_CHARACTER, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000))
    .normalize('NFKC')
    .replace(INVISIBLE, '')
}

/** What unveiling costs beyond the length of the text: some characters stand for whole words, and each entity is decoded alone. */
export function surplusOf(text: string): number {
  if (PLAIN_ASCII.test(text)) return 0
  let surplus = 0
  for (const _ of text.matchAll(EXPANDING)) surplus += COST_OF_EXPANDING
  return surplus
}

/** Characters whose compatibility form has up to 18 characters, and entities. */
const EXPANDING = /[\u3200-\u33ff\ufdf0-\ufdfc\u{1f100}-\u{1f2ff}]|&#/gu
const COST_OF_EXPANDING = 8

const ENTITY = /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));?/gi
const TAG_CHARACTER = /[\u{e0020}-\u{e007e}]/gu
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u{e0001}]/gu

function characterOf(hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

const evenOut = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[’ʼ]/g, "'")
    .replace(/[*~]/g, '')
    .replace(/[\s_]+/g, ' ')

/** Splits HTML comments from what stands around them; one that never ends is no comment. */
export function cutComments(text: string): {
  readonly outside: string
  readonly comments: readonly string[]
} {
  const comments: string[] = []
  let outside = ''
  let at = 0
  for (;;) {
    const start = text.indexOf('<!--', at)
    const end = start < 0 ? -1 : text.indexOf('-->', start + 4)
    if (end < 0) return { outside: outside + text.slice(at), comments }
    outside += text.slice(at, start)
    comments.push(text.slice(start + 4, end))
    at = end + 3
  }
}

/** Six and more single letters with one space, full stop or hyphen between them. */
const SPACED = /(?<![a-z0-9])[a-z](?:[ .-][a-z]){5}(?![a-z0-9])/i
const SPACED_RUN = /(?<![a-z0-9])[a-z](?:[ .-][a-z](?![a-z0-9]))+/g

/** Cyrillic and Greek letters that look like Latin ones, and letters with accents. */
function foldLookAlikes(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[\u0370-\u04ff\u0501\u051b\u051d\u0131]/g, (letter) => LOOK_ALIKES.get(letter) ?? letter)
}

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: 'a',
    с: 'c',
    ԁ: 'd',
    е: 'e',
    һ: 'h',
    і: 'i',
    ј: 'j',
    к: 'k',
    ӏ: 'l',
    м: 'm',
    о: 'o',
    р: 'p',
    ԛ: 'q',
    ѕ: 's',
    т: 't',
    ԝ: 'w',
    х: 'x',
    у: 'y',
    ѵ: 'v',
    ı: 'i',
    α: 'a',
    ε: 'e',
    ι: 'i',
    κ: 'k',
    ν: 'v',
    ο: 'o',
    ρ: 'p',
    τ: 't',
    υ: 'u',
    χ: 'x',
  }),
)
