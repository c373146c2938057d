const SLUG = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const ENDPOINT = new RegExp(`^/(${SLUG})/(?:(${SLUG})/)?mcp$`)
const METADATA = '/.well-known/oauth-protected-resource'

/** The place of a connection in the route of the composed server; no connection is called so. */
export const COMPOSED = ''

/** Where a request target leads. `path` is the canonical path, never more than the pattern allows. */
export type Route =
  | { readonly kind: 'mcp'; readonly tenant: string; readonly connection: string; readonly path: string }
  | { readonly kind: 'metadata'; readonly tenant: string | null; readonly path: string }
  | { readonly kind: 'nothing' }

/**
 * Reads a request target in origin form. Absolute forms, queries, escapes and doubled slashes lead nowhere:
 * the path that was routed is the path that the caller's proof has to name.
 */
export function routeOf(target: string): Route {
  if (target === METADATA) return { kind: 'metadata', tenant: null, path: '' }
  const isMetadata = target.startsWith(`${METADATA}/`)
  const path = isMetadata ? target.slice(METADATA.length) : target
  const [, tenant, connection = COMPOSED] = ENDPOINT.exec(path) ?? []
  if (tenant === undefined) return { kind: 'nothing' }
  return isMetadata ? { kind: 'metadata', tenant, path } : { kind: 'mcp', tenant, connection, path }
}
