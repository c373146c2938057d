import type { InventoryCredential } from '@writ/contracts'
import { looksRandom } from '../veil.ts'
import { isPlaceholder, namesSecret, SECRET_PATTERN } from './patterns.ts'
import { urlPartsOf } from './url-parts.ts'

/** A way by which a server is let in, with the secrets themselves. It stays in memory: a report is made of it without them. */
export type Held = Pick<InventoryCredential, 'kind' | 'part' | 'name'> & {
  readonly secrets: readonly string[]
  /** the names that lead to it from the entry of its server; to the entry itself where left out */
  readonly member?: readonly string[]
}
type Where = Pick<Held, 'part' | 'name'>

/** The same, with where in the entry they stand. */
export const standingAt = (member: readonly string[], held: readonly Held[]): readonly Held[] =>
  held.map((one) => ({ member, ...one }))

export const unsecret = (kind: Held['kind'], part: Held['part'], name: string | null = null): Held => ({
  kind,
  part,
  name,
  secrets: [],
})

/** What a text holds that stands where a secret is expected: a literal, a reference, or nothing. */
export function inSecretPlace(text: string, where: Where): readonly Held[] {
  const { rest, kinds, defaults } = withoutReferences(text)
  const literal = rest.replace(SCHEME, '').trim()
  const secrets = [literal, ...defaults].filter((part) => isSecretText(part, kinds.length > 0))
  if (secrets.length > 0) return [{ ...where, kind: literalKind(where), secrets }]
  const [kind] = kinds
  return kind === undefined ? [] : [{ ...where, kind, secrets: [] }]
}

const SCHEME = /^(?:bearer|basic|token|apikey|api-key|digest)\b[\s:]*/i
const literalKind = ({ part, name }: Where): Held['kind'] =>
  part === 'header' && /^(?:proxy-)?authorization$/i.test(name ?? '') ? 'bearer' : 'literal'

// Beside a reference a few characters are punctuation.
const isSecretText = (text: string, isBeside: boolean): boolean =>
  text.length >= (isBeside ? 6 : 1) &&
  !isPlaceholder(text) &&
  !/^(?:true|false|null|none|\d{1,4})$/i.test(text)

/** What a text holds that stands where anything may: only what has the form of a secret counts. */
export function inAnyPlace(text: string, where: Where): readonly Held[] {
  const { rest } = withoutReferences(text.slice(0, LONGEST))
  const secrets = [...rest.matchAll(SECRET_PATTERN)].map(([secret]) => secret)
  const password = urlPartsOf(rest)?.user?.split(/:(.*)/s)[1] ?? ''
  if (password !== '') secrets.push(password)
  if (secrets.length === 0 && isGenerated(rest)) secrets.push(rest)
  return secrets.length > 0 ? [{ ...where, kind: 'literal', secrets }] : []
}

/** No token is longer. */
const LONGEST = 8192

/** One run of 20 characters and more that no human made. Ids in the form of a UUID and digests of packages are public as a rule. */
export const isGenerated = (text: string): boolean =>
  /^[A-Za-z0-9+/=_.~-]{20,512}$/.test(text) &&
  !UUID.test(text) &&
  !/[/.].*[/.]|^\.{0,2}\//.test(text) &&
  bitsPerCharacter(text) >= 3 &&
  looksRandom(text)

export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Shannon's entropy of the characters. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length
    return sum - share * Math.log2(share)
  }, 0)
}

/** A member of `env`, `headers` or a query, by its name and by its form. */
export function inNamedPlace(name: string, text: string, part: Held['part']): readonly Held[] {
  const where = { part, name }
  if (!namesSecret(name)) return inAnyPlace(text, where)
  return isFilePath(text) ? [unsecret('reference', part, name)] : inSecretPlace(text, where)
}

const isFilePath = (text: string): boolean =>
  /^(?:~|\.{1,2}|[A-Za-z]:)?[\\/][\w.~\\/ -]*\.\w{1,8}$/.test(text)

type References = {
  readonly rest: string
  readonly kinds: readonly ('reference' | 'prompt' | 'keychain')[]
  readonly defaults: readonly string[]
}

/** `${X}`, `${env:X}`, `${X:-default}`, `${input:x}`, `{env:X}`, `{file:…}`, `$X`, `%X%`, `${{ secrets.X }}`, `op://…` and the like. */
function withoutReferences(text: string): References {
  const kinds: References['kinds'][number][] = []
  const defaults: string[] = []
  const rest = text.replaceAll(REFERENCE, (found) => {
    kinds.push(kindOf(found))
    const [, instead] = /:-([^}]*)\}$/.exec(found) ?? []
    if (instead !== undefined) defaults.push(instead)
    return ''
  })
  return { rest, kinds, defaults }
}

const REFERENCE =
  /\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\{(?:env|file):[^{}]*\}|\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|^op:\/\/\S+$|^(?:keychain|keyring|secret-tool|vault|aws-sm|gcp-sm|akv):\S*$/g

function kindOf(reference: string): References['kinds'][number] {
  if (/^\$\{(?:prompt|input):/i.test(reference)) return 'prompt'
  return /^(?:op:|\$\{(?:keychain|keyring|secret|op):|[a-z-]+:(?!\/))/i.test(reference)
    ? 'keychain'
    : 'reference'
}
