import { z } from 'zod'

/**
 * What a URL means, by the URL standard; null for what is none. Not by `URL.canParse`: once it is optimised, Node 20 takes letters of
 * Latin-1 for broken UTF-8 in it, and so refuses hosts like `münchen.example`.
 */
export function urlOf(text: string, base?: string): URL | null {
  try {
    return new URL(text, base)
  } catch {
    return null
  }
}

/** A URL of any scheme: without a pattern for it zod would ask `URL.canParse`. */
export const AnyUrl = z.url({ protocol: /^[a-z]/ })

/** Secrets stand where they are sealed, and a fragment never goes over the wire. */
export const PlainHttpUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(isPlain, {
    error: 'a URL without user, password and fragment',
  })

function isPlain(text: string): boolean {
  const url = urlOf(text)
  return url !== null && url.username === '' && url.password === '' && !text.includes('#')
}
