import type { Sealed } from '@writ/contracts'
import { isSealed } from '@writ/contracts'

/** @property path JSON pointer (RFC 6901) to where it stands */
export type SealedAt = { readonly path: string; readonly sealed: Sealed }

/** Every sealed value in a record, or in any other tree, in the order of its members. */
export function sealedIn(tree: unknown): SealedAt[] {
  const found: SealedAt[] = []
  const waiting: { readonly path: string; readonly value: unknown }[] = [{ path: '', value: tree }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, value } = next
    if (typeof value !== 'object' || value === null) continue
    if (looksSealed(value) && isSealed(value)) found.push({ path, sealed: value })
    else
      for (const [name, member] of Object.entries(value).toReversed())
        waiting.push({ path: `${path}/${escaped(name)}`, value: member })
  }
  return found
}

const looksSealed = (value: object): boolean => 'c' in value && 'ct' in value

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
