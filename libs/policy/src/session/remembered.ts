import type { ContentKeys } from '../modify/content-keys.ts'

/** What can be made of a text under the keys of a tenant, and of nothing else. */
type Making<Made> = (text: string, keys: ContentKeys) => Made

const MAX_LENGTH = 64
const MAX_TEXTS = 2_048

/** The same, made once for short texts: the same names and hosts come again with every call. Bounded, and gone with the key. */
export function remembered<Made>(make: Making<Made>): Making<Made> {
  const byTenant = new WeakMap<Uint8Array, Map<string, Made>>()
  return (text, keys) => {
    if (text.length > MAX_LENGTH) return make(text, keys)
    const texts = byTenant.get(keys.tenant) ?? new Map<string, Made>()
    byTenant.set(keys.tenant, texts)
    const known = texts.get(text)
    if (known !== undefined) return known
    const made = make(text, keys)
    if (texts.size >= MAX_TEXTS) texts.clear()
    texts.set(text, made)
    return made
  }
}
