/** What short names stand for, as this gateway listed them last. Whatever it does not remember it looks up in a listing of its own. */
export type NameMemory = {
  readonly remember: (tenant: string, composed: string, of: NamedAt) => void
  readonly recall: (tenant: string, composed: string) => NamedAt | undefined
}

export type NamedAt = { readonly connection: string; readonly name: string }

/** Upstreams choose names: of each tenant so many are kept, none of them longer, so that none pushes out another's. */
const MOST_NAMES = 2_000
const LONGEST_NAME = 512
const MOST_TENANTS = 200

export function createNameMemory(): NameMemory {
  const tenants = new Map<string, Map<string, NamedAt>>()
  return {
    remember: (tenant, composed, of) => {
      if (of.name.length > LONGEST_NAME) return
      const known = tenants.get(tenant) ?? new Map<string, NamedAt>()
      putLast(tenants, tenant, known, MOST_TENANTS)
      putLast(known, composed, of, MOST_NAMES)
    },
    recall: (tenant, composed) => tenants.get(tenant)?.get(composed),
  }
}

/** The oldest goes first: a Map keeps its order of insertion. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
