import { PRINT_LENGTH } from '@writ/contracts'

/** A set of fingerprints in one text, sorted: read, copied and searched without touching them one by one. */
export type Prints = string

export const NO_PRINTS: Prints = ''

export const printsFrom = (prints: Iterable<string>): Prints => [...new Set(prints)].sort().join('')

export const countOf = (prints: Prints): number => prints.length / PRINT_LENGTH

export const holdsPrint = (prints: Prints, sought: string): boolean =>
  orderAt(prints, placeFor(prints, sought), sought) === 0

/** A join; the very same text where nothing is new. */
export function unionOfPrints(left: Prints, right: Prints): Prints {
  const parts: string[] = []
  let copied = 0
  for (let at = 0; at < right.length; at += PRINT_LENGTH) {
    const print = right.slice(at, at + PRINT_LENGTH)
    const place = placeFor(left, print)
    if (orderAt(left, place, print) === 0) continue
    parts.push(left.slice(copied, place), print)
    copied = place
  }
  return parts.length === 0 ? left : parts.join('') + left.slice(copied)
}

/** Where a print stands, or would stand. */
function placeFor(prints: Prints, sought: string): number {
  let from = 0
  let to = countOf(prints)
  while (from < to) {
    const middle = (from + to) >> 1
    if (orderAt(prints, middle * PRINT_LENGTH, sought) < 0) from = middle + 1
    else to = middle
  }
  return from * PRINT_LENGTH
}

/** Below zero where what stands there comes before; never zero at the end. */
function orderAt(prints: Prints, place: number, sought: string): number {
  if (place >= prints.length) return 1
  for (let at = 0; at < PRINT_LENGTH; at += 1) {
    const difference = prints.charCodeAt(place + at) - sought.charCodeAt(at)
    if (difference !== 0) return difference
  }
  return 0
}
