import type { Recogniser } from '../recogniser.ts'
import { literals } from '../recogniser.ts'
import { restOf97 } from './checks.ts'
import { codeRecogniser, compactOf } from './codes.ts'

/** International bank account numbers (ISO 13616): the country's length and the mod-97 check, in any letter case. */
export const IBAN: Recogniser = {
  signals: ['pii.iban'],
  triggers: [{ kind: 'mixed', min: 4, max: 34 }],
  recognise: (text, start) => {
    const length = lengthAt(text, start)
    const end = length === undefined ? null : endOfAccount(text, start, length)
    return end !== null && isIban(compactOf(text.slice(start, end)))
      ? [{ signal: 'pii.iban', start, end }]
      : []
  },
}

export const isIban = (compact: string): boolean =>
  compact.length === LENGTHS.get(compact.slice(0, 2)) &&
  restOf97(compact.slice(4) + compact.slice(0, 4)) === 1

function lengthAt(text: string, start: number): number | undefined {
  return isHead(text, start) && !INSIDE.test(text.charAt(start - 1))
    ? LENGTHS.get(text.slice(start, start + 2).toUpperCase())
    : undefined
}

/** Two letters and two digits. */
const isHead = (text: string, start: number): boolean =>
  isLetter(text.charCodeAt(start)) &&
  isLetter(text.charCodeAt(start + 1)) &&
  isDigit(text.charCodeAt(start + 2)) &&
  isDigit(text.charCodeAt(start + 3))

const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
const isDigit = (code: number): boolean => code >= 48 && code <= 57

const INSIDE = /[\p{L}\p{N}_]/u

/** Length by country, from the ISO 13616 registry. */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)

/** Takes `length` letters and digits, with at most one separator between two. */
function endOfAccount(text: string, start: number, length: number): number | null {
  let at = start
  for (let taken = 0; taken < length; at += 1) {
    if (ALPHANUMERIC.has(text.charAt(at))) taken += 1
    else if (!SEPARATORS.has(text.charAt(at)) || SEPARATORS.has(text.charAt(at - 1))) return null
  }
  return INSIDE.test(text.charAt(at)) ? null : at
}

const ALPHANUMERIC = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
const SEPARATORS = new Set(' \u00a0-.')

/** Bank identifier codes (ISO 9362), in capitals right after their name: alone they look like any word of eight letters. */
export const BIC: Recogniser = codeRecogniser({
  signal: 'pii.bic',
  triggers: literals('swift', 'bic'),
  shape:
    /(?:[Ss][Ww][Ii][Ff][Tt]|[Bb][Ii][Cc])(?:[ \t:=#"'/()_-]|[Cc]ode|CODE|[Bb]ic|BIC|[Ss]wift|SWIFT|is|[Nn]umber|[Aa]ddress|ist|lautet|est){1,12}(?<code>[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?![\p{L}\p{N}_])/uy,
  isValid: isBic,
  words: null,
  alone: null,
})

export function isBic(code: string): boolean {
  return COUNTRIES.has(code.slice(4, 6)) && /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(code)
}

/** ISO 3166-1, and Kosovo. */
const COUNTRIES = new Set(
  (
    'AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD CF CG ' +
    'CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL ' +
    'GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB ' +
    'LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP ' +
    'NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SX ' +
    'SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VN VU WF WS XK YE YT ZA ZM ZW'
  ).split(' '),
)
