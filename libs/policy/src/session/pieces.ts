import { restOf97 } from '../detectors/pii/checks.ts'
import { normalForm } from './normal-form.ts'

/** What of a text is looked up and remembered: the text itself, and what stands in it that could be a destination or a name of something. */
export type Pieces = { readonly whole: string | null; readonly parts: readonly string[] }

/**
 * E-mail addresses, hosts, IBANs and paths count as parts, wherever they stand. Case and compatibility forms make no difference.
 * Short words are nobody's value: `closed` or `in_progress` stand in every second result.
 * @returns null where there is more than is looked at
 */
export function piecesOf(text: string): Pieces | null {
  const normal = text.length > MAX_TEXT ? null : normalForm(text)
  if (normal === null) return null
  const whole = text.length <= MAX_WHOLE && isValue(normal) ? normal : null
  return { whole, parts: MAY_HAVE_PARTS.test(normal) ? partsOf(normal) : [] }
}

/** Words of a text that could be values by themselves: an account number in the middle of a sentence, what a URL carries behind its host. */
export function tokensOf(text: string): readonly string[] {
  if (text.length > MAX_TEXT || !/\s|:\/\//.test(text)) return []
  const words = (normalForm(text) ?? '').split(/[\s,;"'()[\]{}<>]+/)
  const tokens = words.map((word) => word.replace(/[.:!?]+$/, '')).flatMap(carriedBy)
  return tokens.filter(isValue)
}

/** Of a URL its path, and each name and value in it. */
function carriedBy(word: string): readonly string[] {
  const [, path, query = ''] = /:\/\/[^/?#]*([^?#]*)(.*)$/.exec(word) ?? []
  if (path === undefined) return [word]
  return [word, ...[path, ...path.split('/'), ...query.split(/[?&=#]+/)].map(decoded)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

export const MAX_TEXT = 65_536
const MAX_WHOLE = 4_096
const SHORTEST = 6

const MAY_HAVE_PARTS = /[@/\\]|[a-z]{2}\d\d/
const WORD = /^[a-z][a-z_/-]{0,23}$/
const DATE_TIME = /^\d{4}-\d\d-\d\dt[\d:.]{5,16}(?:z|[+-]\d\d:?\d\d)?$/

const isValue = (text: string): boolean =>
  text.length >= SHORTEST && !WORD.test(text) && !DATE_TIME.test(text)

const EMAIL = /(?<=[a-z0-9._%+-])@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/g
const MAILBOX = /[a-z0-9._%+-]/
const MAILBOX_LENGTH = 64
const HOST = /:\/\/(?:[^\s/?#@]{0,256}@)?([a-z0-9][a-z0-9.-]{2,252})/g
const PATH = /(?:~|\.{1,2}|[a-z]:|(?<=[\w.@+-]))?(?:[/\\][\w.@+-]{1,128}){2,32}/g
const SEGMENT = /[\w.@+-]{1,128}$/
const IBAN = /\b[a-z]{2}\d\d(?:[a-z0-9]{11,30}|(?: [a-z0-9]{4}){2,7}(?: [a-z0-9]{1,3})?)\b/g

function partsOf(text: string): readonly string[] {
  return [...emailsIn(text), ...hostsIn(text), ...pathsIn(text), ...ibansIn(text)].filter(
    (part) => part.length >= SHORTEST,
  )
}

/** An address and its host. */
const emailsIn = (text: string): readonly string[] =>
  text.includes('@')
    ? Array.from(text.matchAll(EMAIL)).flatMap(({ 0: domain, index }) => [
        `${mailboxBefore(text, index)}${domain}`,
        domain.slice(1),
      ])
    : []

function mailboxBefore(text: string, end: number): string {
  let start = end
  while (start > 0 && end - start < MAILBOX_LENGTH && MAILBOX.test(text.charAt(start - 1))) start -= 1
  return text.slice(start, end)
}

const hostsIn = (text: string): readonly string[] =>
  text.includes('://') ? Array.from(text.matchAll(HOST), ([, host = '']) => host.replace(/\.+$/, '')) : []

const pathsIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(PATH), ({ 0: path, index }) =>
    /^[/\\]/.test(path)
      ? `${SEGMENT.exec(text.slice(Math.max(0, index - 128), index))?.[0] ?? ''}${path}`
      : path,
  )

const ibansIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(IBAN), ([candidate]) => ibanAtStart(candidate)).filter((iban) => iban !== null)

/** The words that follow a grouped number may look like its last group. */
function ibanAtStart(candidate: string): string | null {
  for (let end = candidate.length; end > 0; end = candidate.lastIndexOf(' ', end - 1)) {
    const compact = candidate.slice(0, end).replaceAll(' ', '')
    if (compact.length >= 15 && hasChecksum(compact)) return compact
  }
  return null
}

/** ISO 13616: with the country and the check digits last. */
const hasChecksum = (compact: string): boolean => restOf97(`${compact.slice(4)}${compact.slice(0, 4)}`) === 1
