import { Slug } from '@writ/contracts'
import { OAuthError } from './oauth-error.ts'

/**
 * The audience of a token: the resources asked for, each a gateway of this tenant, a connection on it, or its connections together; all gateways of
 * the tenant when none was named.
 * @param gateways `<gateway origin>/<tenant slug>` of every gateway
 * @throws OAuthError invalid_target (RFC 8707 §2)
 */
export function audienceOf(resources: readonly string[], gateways: readonly string[]): readonly string[] {
  if (resources.length === 0) return gateways
  const wanted = [...new Set(resources)]
  if (!wanted.every((resource) => isServed(resource, gateways)))
    throw new OAuthError('invalid_target', 'a resource is not served by the gateways of this tenant')
  return wanted
}

const isServed = (resource: string, gateways: readonly string[]): boolean =>
  gateways.some(
    (gateway) => resource === gateway || resource === `${gateway}/mcp` || isConnectionAt(resource, gateway),
  )

function isConnectionAt(resource: string, gateway: string): boolean {
  if (!resource.startsWith(`${gateway}/`) || !resource.endsWith('/mcp')) return false
  return Slug.safeParse(resource.slice(gateway.length + 1, -'/mcp'.length)).success
}
