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
export const rawOf = (part: Part): string => part.text.slice(startOf(part), endOf(part))

/** Not part of a word, of a decimal number or of an address: there its digits mean something else. */
export const isWhole = (part: Part): boolean =>
  !BAD_BEFORE.test(part.text.slice(Math.max(0, startOf(part) - 2), startOf(part))) &&
  !TELEPHONE_BEFORE.test(part.text.slice(Math.max(0, startOf(part) - 18), startOf(part))) &&
  !BAD_AFTER.test(part.text.slice(endOf(part), endOf(part) + 2))

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
  const joined = isTakenAmid || !BLANK.test(rawOf(part)) ? JOINED : JOINED_OR_BLANK
  const before = part.text.slice(Math.max(0, startOf(part) - 2), startOf(part))
  const after = part.text.slice(endOf(part), endOf(part) + 2)
  if (ACCOUNT_BEFORE.test(part.text.slice(Math.max(0, startOf(part) - 40), startOf(part)))) return false
  return !joined.test(Array.from(before).toReversed().join('')) && !joined.test(after)
}

/** The groups of an IBAN are no numbers of their own. */
const ACCOUNT_BEFORE = /[A-Za-z]{2}\d\d(?:[ \u00a0-]?\d{4}){0,7}[ \u00a0-]?$/

const BLANK = /[ \u00a0]/
const JOINED = /^[-.][\p{L}\d]|^\/\d/u
const JOINED_OR_BLANK = /^[-.][\p{L}\d]|^[/ \u00a0]\d/u
