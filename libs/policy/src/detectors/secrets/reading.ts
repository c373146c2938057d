/** What a sticky expression reads at a place, or null. */
export function readAt(sticky: RegExp, text: string, place: number): string | null {
  sticky.lastIndex = place
  return sticky.exec(text)?.[0] ?? null
}

/** A letter or digit of ASCII stands there. */
export function isWordCharacter(text: string, place: number): boolean {
  const unit = text.charCodeAt(place)
  return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)
}

/** No word runs into the place: before it is no letter or digit, or only the end of an escape (`\n`, `%3D`, `\u003d`). */
export const isFresh = (text: string, place: number): boolean =>
  !isWordCharacter(text, place - 1) || ESCAPE.test(text.slice(Math.max(0, place - 6), place))

const ESCAPE = /\\[nrt]$|%[0-9a-f]{2}$|\\u[0-9a-f]{4}$|\\x[0-9a-f]{2}$/i
