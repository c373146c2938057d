/** Places of the groups of one run of digits: pairs of start and end. */
export type Groups = readonly number[]

export function groupsOf(text: string, start: number, end: number): Groups {
  const groups: number[] = []
  let isInside = false
  for (let at = start; at <= end; at += 1) {
    const isDigit = at < end && isDigitCode(text.charCodeAt(at))
    if (isDigit !== isInside) groups.push(at)
    isInside = isDigit
  }
  return groups
}

const isDigitCode = (code: number): boolean => code >= 48 && code <= 57

/** Some neighbouring groups of a run: `first` and `last` are places in `groups`. */
export type Part = {
  readonly text: string
  readonly groups: Groups
  readonly first: number
  readonly last: number
}

export const startOf = ({ groups, first }: Part): number => groups[first] ?? 0
export const endOf = ({ groups, last }: Part): number => groups[last + 1] ?? 0
/** Digits of one group. */
export const lengthOf = (groups: Groups, at: number): number => (groups[at + 1] ?? 0) - (groups[at] ?? 0)

export function digitsOf({ text, groups, first, last }: Part): string {
  let digits = ''
  for (let at = first; at <= last; at += 2) digits += text.slice(groups[at], groups[at + 1])
  return digits
}

export const rawOf = (part: Part): string => part.text.slice(startOf(part), endOf(part))

/** Not part of a word, of a decimal number or of an address: there its digits mean something else. */
export const isWhole = (part: Part): boolean => isWholeBefore(part) && isWholeBehind(part)

function isWholeBefore(part: Part): boolean {
  const { text } = part
  const start = startOf(part)
  if (isTelling(text.charCodeAt(start - 1)) && BAD_BEFORE.test(text.slice(Math.max(0, start - 2), start)))
    return false
  const before = text.slice(Math.max(0, start - LONGEST_TELEPHONE), start)
  return !before.includes('+') || !TELEPHONE_BEFORE.test(before)
}

function isWholeBehind(part: Part): boolean {
  const end = endOf(part)
  return !isTelling(part.text.charCodeAt(end)) || !BAD_AFTER.test(part.text.slice(end, end + 2))
}

/** What mostly stands beside a number says nothing about it: blanks, brackets, commas and the like. */
const isTelling = (code: number): boolean =>
  code >= AT || (code >= FULL_STOP && code <= NINE) || code === PLUS

const [PLUS, FULL_STOP, NINE, AT] = [0x2b, 0x2e, 0x39, 0x40]
const LONGEST_TELEPHONE = 18

/** Scripts that write no spaces put their words right beside a number. */
const BAD_BEFORE =
  /(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])[\p{L}\p{N}\p{M}_@+]$|\p{L}\/$|^\D?\.$/u
/** The rest of a number that begins with a plus sign is no number of its own. */
const TELEPHONE_BEFORE = /\+\d[\d ().-]{0,16}$/
/** The extension of a telephone number may stand right behind it. */
const BAD_AFTER =
  /^(?!x\d)(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])[\p{L}\p{N}\p{M}_@]|^\.\p{L}/u

/** Whether other digits or words are joined to it; blanks join only what has blanks itself, if it is not taken amid others. */
export function standsApart(part: Part, isTakenAmid: boolean): boolean {
  const isLoose = isTakenAmid || !BLANK.test(rawOf(part))
  const start = startOf(part)
  const before = part.text.slice(Math.max(0, start - 2), start)
  const after = part.text.slice(endOf(part), endOf(part) + 2)
  if ((isLoose ? JOINED_BEFORE : JOINED_OR_BLANK_BEFORE).test(before)) return false
  if ((isLoose ? JOINED_BEHIND : JOINED_OR_BLANK_BEHIND).test(after)) return false
  return !ACCOUNT_BEFORE.test(part.text.slice(Math.max(0, start - 40), start))
}

/** The groups of an IBAN are no numbers of their own. */
const ACCOUNT_BEFORE = /[A-Za-z]{2}\d\d(?:[ \u00a0-]?\d{4}){0,7}[ \u00a0-]?$/

const BLANK = /[ \u00a0]/
const JOINED_BEFORE = /[\p{L}\d][-.]$|\d\/$/u
const JOINED_OR_BLANK_BEFORE = /[\p{L}\d][-.]$|\d[/ \u00a0]$/u
const JOINED_BEHIND = /^[-.][\p{L}\d]|^\/\d/u
const JOINED_OR_BLANK_BEHIND = /^[-.][\p{L}\d]|^[/ \u00a0]\d/u
