import type { Answer } from '@writ/enforcement'
import { resourceMetadata } from '@writ/identity'
import type { Route } from './route.ts'

type MetadataRoute = Extract<Route, { kind: 'metadata' }>

/**
 * Protected-resource metadata (RFC 9728) of any endpoint that could exist. No tenant is looked up: the answer for one that
 * does not exist is the answer for one that does.
 */
export function metadataAnswer(
  { tenant, path }: MetadataRoute,
  { publicOrigin, authorityOrigin }: { publicOrigin: string; authorityOrigin: string },
): Answer {
  const content = resourceMetadata({
    resource: publicOrigin + path,
    authorizationServers: tenant === null ? [] : [`${authorityOrigin}/t/${tenant}/oauth`],
    scopes: ['mcp'],
  })
  const body = new TextEncoder().encode(JSON.stringify(content))
  return { kind: 'whole', status: 200, headers: [['content-type', 'application/json']], body }
}
