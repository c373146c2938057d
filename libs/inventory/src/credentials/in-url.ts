import type { Held } from './held.ts'
import type { UrlParts } from './url-parts.ts'
import { inAnyPlace, inNamedPlace, inSecretPlace, isGenerated, UUID } from './held.ts'

/** Secrets that are part of an address: in logs, in histories, and with everybody who is told the address. */
export function inUrl({ user, path, query, fragment }: UrlParts): readonly Held[] {
  return [
    ...(user === null ? [] : inUser(user)),
    ...pairsOf(query).flatMap(([name, value]) => inNamedPlace(name, value, 'url')),
    ...path.split('/').flatMap(inSegment),
    ...(fragment === '' ? [] : inAnyPlace(fragment, { part: 'url', name: null })),
  ]
}

function inUser(user: string): readonly Held[] {
  const [name = '', password] = user.split(/:(.*)/s)
  const where = { part: 'url', name: password === undefined ? 'user' : 'password' } as const
  return password === undefined ? inAnyPlace(decoded(name), where) : inSecretPlace(decoded(password), where)
}

/** Services that have their users' secret in the path take a token or a UUID. */
function inSegment(segment: string): readonly Held[] {
  const text = decoded(segment)
  const where = { part: 'url', name: null } as const
  if (UUID.test(text)) return [{ ...where, kind: 'literal', secrets: [text] }]
  return isGenerated(text) ? [{ ...where, kind: 'literal', secrets: [text] }] : inAnyPlace(text, where)
}

const pairsOf = (query: string): readonly (readonly [string, string])[] =>
  query
    .split(/[&;]/)
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return [decoded(name), decoded(value)]
    })

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
