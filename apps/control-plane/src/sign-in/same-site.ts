import type { RimRequest } from '../http/request.ts'

/**
 * Whether the browser says that this comes from a page of our own origin. A browser without fetch metadata says it by `Origin`;
 * a request that says neither is nobody's.
 */
export function isFromOwnPage({ raw }: RimRequest, origin: string): boolean {
  const site = raw.headersDistinct['sec-fetch-site']
  const from = raw.headersDistinct['origin']
  if (from !== undefined && (from.length !== 1 || from[0] !== origin)) return false
  if (site !== undefined) return site.length === 1 && site[0] === 'same-origin'
  return from !== undefined
}

/** Reading: from our own page, or typed in. What says nothing reads too, as no other site can see the answer. */
export function mayRead({ raw }: RimRequest): boolean {
  const site = raw.headersDistinct['sec-fetch-site'] ?? ['none']
  return site.length === 1 && (site[0] === 'same-origin' || site[0] === 'none')
}
