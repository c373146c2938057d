import type { Span } from './sighting.ts'

/** International bank account numbers (ISO 13616): the country's length and the mod-97 check, in any letter case. */
export function* detectIbans(text: string): Generator<Span> {
  for (const { 0: head, index } of text.matchAll(HEAD)) {
    const length = LENGTHS.get(head.slice(0, 2).toUpperCase())
    const end = length === undefined ? null : endOfAccount(text, index, length)
    if (end !== null && passesMod97(text.slice(index, end))) yield { signal: 'pii.iban', start: index, end }
  }
}

const HEAD = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g

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

/** Takes `length` letters and digits, with at most one space or hyphen between two. */
function endOfAccount(text: string, start: number, length: number): number | null {
  let at = start
  for (let taken = 0; taken < length; at += 1) {
    if (ALPHANUMERIC.has(text.charAt(at))) taken += 1
    else if (!SEPARATORS.has(text.charAt(at)) || SEPARATORS.has(text.charAt(at - 1))) return null
  }
  return ALPHANUMERIC.has(text.charAt(at)) ? null : at
}

const ALPHANUMERIC = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
const SEPARATORS = new Set(' \u00a0-')

function passesMod97(account: string): boolean {
  const compact = account.replace(/[^A-Za-z0-9]/g, '').toUpperCase()
  let rest = 0
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
