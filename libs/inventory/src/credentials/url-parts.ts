/** A URL by its parts, read leniently: a configuration may hold references, or what is no URL at all. */
export type UrlParts = {
  readonly scheme: string
  readonly user: string | null
  readonly host: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/** Longer ones are nobody's. */
const LONGEST = 8192

const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#([^]*))?$/i

export function urlPartsOf(text: string): UrlParts | null {
  const [, scheme, user, host, path = '', query = '', fragment = ''] =
    URL_FORM.exec(text.slice(0, LONGEST).trim().replaceAll('\\', '/')) ?? []
  if (scheme === undefined || host === undefined) return null
  return { scheme: scheme.toLowerCase(), user: user ?? null, host: host.toLowerCase(), path, query, fragment }
}

export const isLoopback = (host: string): boolean =>
  /^(?:localhost|[\w-]+\.localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])(?::\d+)?$/.test(host)
