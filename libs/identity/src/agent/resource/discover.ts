import type { AgentPorts } from '../send-proven.ts'
import { fetchJson } from './fetch-json.ts'
import { AuthorityMetadata, ResourceMetadata } from './metadata-shapes.ts'
import type { Challenge } from './read-challenges.ts'
import { ServerDistrusted } from './server-distrusted.ts'
import { requirePrivateWay } from './private-way.ts'

/**
 * Who issues tokens for a server, by its own word: where its challenge says, else at the well-known places (RFC 9728 §3, §5).
 * @throws ServerDistrusted
 */
export async function discoverResource(
  url: string,
  challenge: Challenge | null,
  ports: AgentPorts,
): Promise<ResourceMetadata> {
  const named = challenge?.parameters.get('resource_metadata')
  const places = named === undefined ? placesOfResource(url) : [named]
  const found = ResourceMetadata.safeParse(await firstOf(places, url, ports))
  if (!found.success) throw new ServerDistrusted(`${url} does not say who issues tokens for it`)
  if (!covers(found.data.resource, url))
    throw new ServerDistrusted(`${url} describes itself as another resource`)
  return found.data
}

/**
 * The metadata of an authorization server, which must name the very issuer that was asked for (RFC 8414 §3.3).
 * @param from the server that named the issuer
 * @throws ServerDistrusted
 */
export async function discoverAuthority(
  issuer: string,
  from: string,
  ports: AgentPorts,
): Promise<AuthorityMetadata> {
  const found = AuthorityMetadata.safeParse(await firstOf(placesOfAuthority(issuer), from, ports))
  if (!found.success) throw new ServerDistrusted(`the authority of ${from} does not describe itself`)
  if (found.data.issuer !== issuer)
    throw new ServerDistrusted(`the authority of ${from} describes itself as another issuer`)
  const { token_endpoint, authorization_endpoint, registration_endpoint } = found.data
  for (const endpoint of [token_endpoint, authorization_endpoint, registration_endpoint])
    if (endpoint !== undefined) requirePrivateWay(endpoint, from)
  return found.data
}

/** The path is inserted behind the well-known part; the root comes last. */
function placesOfResource(url: string): string[] {
  const { origin, path } = partsOf(url)
  const root = `${origin}/.well-known/oauth-protected-resource`
  return path === '' ? [root] : [root + path, root]
}

/** RFC 8414 §3.1, then OpenID Connect Discovery in both of its ways. */
function placesOfAuthority(issuer: string): string[] {
  const { origin, path } = partsOf(issuer)
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`
  const openid = `${origin}/.well-known/openid-configuration${path}`
  return path === '' ? [oauth, openid] : [oauth, openid, `${origin}${path}/.well-known/openid-configuration`]
}

/** The first place that has something. Anything but an answer there counts as nothing there. */
async function firstOf(places: readonly string[], from: string, ports: AgentPorts): Promise<unknown> {
  for (const place of places) {
    requirePrivateWay(place, from)
    const found = await fetchJson(place, ports)
    if (found !== undefined) return found
  }
  return undefined
}

/** A resource stands for itself and what lies below it, on its own origin. */
function covers(resource: string, url: string): boolean {
  const [whole, part] = [partsOf(resource), partsOf(url)]
  return whole.origin === part.origin && `${part.path}/`.startsWith(`${whole.path}/`)
}

function partsOf(url: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(url)
  return { origin, path: pathname.replace(/\/$/, '') }
}
