import type { RefusalCode } from '@writ/contracts'
import { REFUSALS } from '@writ/contracts'
import type { Mutation, NegativeCase } from './attack-kit.ts'
import { forge } from './attack-kit.ts'

type Row = readonly [id: string, title: string, mutation: Mutation]

/** Rows that are refused alike: one mutation each on an otherwise valid request. */
export const refusedAs = (
  code: RefusalCode,
  rows: readonly Row[],
  needs?: NegativeCase['needs'],
): NegativeCase[] =>
  rows.map(([id, title, mutation]) => ({
    id,
    title,
    ...(needs === undefined ? {} : { needs }),
    expected: expectedOf(code),
    mutate: (kit) => {
      const jti = kit.newJti()
      return { ...forge(kit, jti, mutation), repaired: forge(kit, jti) }
    },
  }))

/** What goes on the wire with a refusal. */
export const expectedOf = (code: RefusalCode): NegativeCase['expected'] => ({
  code,
  status: REFUSALS[code].http,
  error: REFUSALS[code].oauth,
})

/** Members without one of them. */
export const without =
  (name: string) =>
  (members: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } =>
    Object.fromEntries(Object.entries(members).filter(([each]) => each !== name))

/** Members with some replaced. */
export const having =
  (replacement: object) =>
  (members: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } => ({
    ...members,
    ...replacement,
  })

/** Rows without ids of their own, numbered in their order: only append. */
export const numbered = (
  prefix: string,
  rows: readonly (readonly [title: string, mutation: Mutation])[],
): Row[] =>
  rows.map(([title, mutation], at) => [`${prefix}${String(at + 1).padStart(2, '0')}`, title, mutation])

/** One member replaced in the JSON text, for what no JSON writer would write. */
export const asJson =
  (name: string, text: string) =>
  (json: string): string =>
    json.replace(new RegExp(`"${name}":("[^"]*"|[^,}]*)`), () => `"${name}":${text}`)
