import type { Sealed } from '@writ/contracts'
import { isSealed } from '@writ/contracts'

/** @property path JSON pointer (RFC 6901) to where it stands */
export type SealedAt = { readonly path: string; readonly sealed: Sealed }

/** An object or a list, and where it stands: most of them hold nothing sealed, so that the pointer is written for those that do. */
type Place = { readonly within: Place | null; readonly name: string; readonly value: object }

/** Every sealed value in a record, or in any other tree, in the order of its members. */
export function sealedIn(tree: unknown): SealedAt[] {
  const found: SealedAt[] = []
  const waiting: Place[] = []
  enter(waiting, null, ['', tree])
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const { value } = place
    if (looksSealed(value) && isSealed(value)) found.push({ path: pointerTo(place), sealed: value })
    else for (const member of Object.entries(value).toReversed()) enter(waiting, place, member)
  }
  return found
}

function enter(waiting: Place[], within: Place | null, [name, value]: readonly [string, unknown]): void {
  if (typeof value === 'object' && value !== null) waiting.push({ within, name, value })
}

const looksSealed = (value: object): boolean => 'c' in value && 'ct' in value

function pointerTo(place: Place): string {
  let pointer = ''
  for (let at: Place = place; at.within !== null; at = at.within) pointer = `/${escaped(at.name)}${pointer}`
  return pointer
}

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
