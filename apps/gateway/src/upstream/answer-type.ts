import { Refusal } from '@writ/contracts'
import type { UpstreamFields } from './header-rules.ts'
import { valuesOf } from './header-rules.ts'

/** How the body of an answer is to be read. */
export type AnswerType = 'application/json' | 'text/event-stream' | 'text/plain; charset=utf-8'

/** The one type that an upstream names, lower case and without parameters; a Refusal where it names more than one. */
export function namedType(headers: UpstreamFields): string | null | Refusal {
  const [type, ...others] = valuesOf(headers['content-type'])
  if (others.length > 0)
    return new Refusal('upstream_malformed', 'the upstream named more than one type for its answer')
  return type?.replace(/;.*/s, '').trim().toLowerCase() ?? null
}

/**
 * The type of a whole answer in our own words: agents read what was judged, as it was judged. Errors of other types are
 * text, because clients tell the protocol era of a server from them.
 * @returns null for an empty body
 */
export function wholeType(
  named: string | null,
  status: number,
  body: Uint8Array,
): AnswerType | null | Refusal {
  if (body.length === 0) return null
  if (named === 'application/json') return named
  if (status >= 400) return 'text/plain; charset=utf-8'
  return new Refusal(
    'upstream_malformed',
    'the upstream answered with a type that this protocol does not have',
  )
}
