import { urlOf } from '@writ/contracts'

const LONGEST = 2048

/** A path of our own to go back to after signing in, or `otherwise`: never another origin, however it is written. */
export function returnTo(asked: string | undefined, origin: string, otherwise: string): string {
  if (asked === undefined || asked.length > LONGEST || !/^\/[\x21-\x7e]*$/.test(asked)) return otherwise
  const url = urlOf(asked, origin)
  if (url === null) return otherwise
  const path = `${url.pathname}${url.search}`
  // What a browser would read as another host after this, and what it would read otherwise than we do.
  return url.origin === origin && !path.startsWith('//') && !asked.includes('\\') ? path : otherwise
}
