/** The reading of a code unit that cannot be seen. */
export const UNSEEN = 0xffff

/** Ranges in which letters have accents or compatibility forms: Latin, Greek, Cyrillic, letter-like, circled, CJK and full-width forms. */
const FOLDING_RANGES: readonly (readonly [number, number])[] = [
  [0x00a0, 0x052f],
  [0x13a0, 0x13ff],
  [0x1680, 0x180f],
  [0x1c80, 0x1fff],
  [0x2000, 0x218f],
  [0x2460, 0x24ff],
  [0x2c60, 0x2c7f],
  [0x3000, 0x3001],
  [0xa720, 0xa7ff],
  [0xfb00, 0xfb06],
  [0xff00, 0xffef],
]

/** Letters of other scripts that look like Latin ones and have no compatibility form. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  (
    'аa вb сc ԁd еe ғf ԍg һh іi јj кk ӏl мm нh оo рp ԛq гr ѕs тt υu ѵv ԝw хx уy зz ɡg ɩi ıi ɑa αa βb εe ηn ιi κk νv οo ρp τt χx ' +
    "γy ωw σo ѡw үy ʀr ɴn ʟl ʏy ɪi օo ոn սu ցg հh Ꭰd Ꭱr Ꭲt Ꭵi Ꭺa Ꭼe Ꮇm Ꮋh Ꮃw Ꮪs Ꮲp Ꮮl Ꮯc Ꮩv Ꮓz øo łl đd ðd ħh ’' ‘' ʼ' ′' `' “\" ”\" ‐- ‑- ‒- –- —-"
  )
    .split(' ')
    .map((pair) => [pair.slice(0, 1), pair.slice(1)]),
)

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Mn}\u202a-\u202e]/u
const WHITE = /\s/u

/**
 * How one UTF-16 code unit is read when literals are looked for: in lower case, without accents, look-alikes of other scripts as the Latin
 * letter that they resemble, any white space as a space, and what cannot be seen not at all. So `ＩＧＮＯＲＥ`, `іgnоrе` and `ignore` with a
 * zero-width space inside all meet the literal `ignore` in the one pass over the text.
 */
export const FOLDED: Uint16Array = foldAll()

/** The text as literals see it, without what cannot be seen. */
export function foldText(text: string): string {
  let folded = ''
  for (let at = 0; at < text.length; at += 1) {
    const code = FOLDED[text.charCodeAt(at)] ?? UNSEEN
    if (code !== UNSEEN) folded += String.fromCharCode(code)
  }
  return folded
}

function foldAll(): Uint16Array {
  const folded = Uint16Array.from({ length: 0x10000 }, (_, code) => code)
  for (let code = 0x41; code <= 0x5a; code += 1) folded[code] = code + 0x20
  for (const code of [0x09, 0x0a, 0x0b, 0x0c, 0x0d]) folded[code] = 0x20
  for (const [first, last] of FOLDING_RANGES) {
    for (let code = first; code <= last; code += 1) folded[code] = foldUnit(String.fromCharCode(code))
  }
  for (let code = 0xfe00; code <= 0xfe0f; code += 1) folded[code] = UNSEEN
  folded[0xfeff] = UNSEEN
  return folded
}

function foldUnit(unit: string): number {
  if (INVISIBLE.test(unit)) return UNSEEN
  if (WHITE.test(unit)) return 0x20
  const letter = LOOK_ALIKES.get(unit) ?? unit.normalize('NFKD').slice(0, 1).toLowerCase()
  return (LOOK_ALIKES.get(letter) ?? letter).charCodeAt(0)
}
