/**
 * Whether the `htu` of a proof names this resource (RFC 9449 §4.3 item 9): equal after RFC 3986 §6.2.2 and §6.2.3
 * normalisation, without query and fragment.
 * @param resource the configured public URL of the routed path; never built from what the request says about itself
 */
export function namesResource(htu: string, resource: string): boolean {
  if (htu === resource) return true
  const normal = normalHttpUrl(htu)
  return normal !== null && normal === normalHttpUrl(resource)
}

// The grammar comes first: URL parsers repair backslashes, control characters, spaces and full-width dots.
const HTTP_URL =
  /^(https?):\/\/([a-z0-9\-._~!$&'()*+,;=]+|\[[0-9a-f:.]+\])(?::(\d*))?(\/(?:[a-z0-9\-._~!$&'()*+,;=:@/]|%[0-9a-f]{2})*)?(?:\?(?:[a-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*)?(?:#(?:[a-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*)?$/i

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/** Normal form of an absolute http(s) URL without userinfo; query and fragment are dropped. Null when the grammar does not hold. */
export function normalHttpUrl(text: string): string | null {
  const parts = HTTP_URL.exec(text)
  if (parts === null) return null
  const [, scheme = '', host = '', port = '', path = ''] = parts
  const lowerScheme = scheme.toLowerCase()
  const shownPort = port === '' || port === DEFAULT_PORTS[lowerScheme] ? '' : `:${port}`
  return `${lowerScheme}://${host.toLowerCase()}${shownPort}${withoutDotSegments(normalEscapes(path))}`
}

/** RFC 3986 §6.2.2.1 and §6.2.2.2: unreserved characters stand unescaped, other escapes are in upper case. */
const normalEscapes = (path: string): string =>
  path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase()
  })

/** RFC 3986 §5.2.4, for a path that is empty or begins with a slash. */
function withoutDotSegments(path: string): string {
  const segments = path.split('/').slice(1)
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  const last = segments.at(-1)
  if (last === '.' || last === '..') kept.push('')
  return `/${kept.join('/')}`
}
