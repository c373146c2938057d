import { domainToUnicode } from 'node:url'
import { glance } from '../packages/confusable.ts'
import { factOf, type Found } from './found.ts'
import { canonicalHost, kindOfHost } from './hosts.ts'

/** A host that something connects to: what it is, and whether it is written so that it looks like something else. */
export function hostFound(written: string): Found {
  const host = canonicalHost(written)
  // a part that only the command knows is an ellipsis: it looks like nothing
  if (written.includes('…')) return { facts: [], uses: [{ kind: 'connect', operand: written }] }
  if (host === null) {
    const facts = written === '' ? [] : [factOf('disguised_host', written, 'possible')]
    return { facts, uses: written === '' ? [] : [{ kind: 'connect', operand: written }] }
  }
  const kind = kindOfHost(host)
  const facts = [
    ...(kind === 'metadata' ? [factOf('metadata_access', host, 'sure')] : []),
    ...(kind === 'private' ? [factOf('private_network', host, 'sure')] : []),
    ...(isDisguised(written, host) ? [factOf('disguised_host', written, 'possible')] : []),
  ]
  return { facts, uses: [{ kind: 'connect', operand: host }] }
}

/**
 * Numbers that are written as nobody writes them, and names whose letters are taken for those of another alphabet. A name of another
 * alphabet that looks like nothing else is a name.
 */
function isDisguised(written: string, host: string): boolean {
  const plain = written
    .trim()
    .toLowerCase()
    .replaceAll(/^\[|\]$|\.$/g, '')
  if (/^[\d.]+$/.test(host) || host.includes(':')) return plain !== host && !isSameSix(plain, host)
  return domainToUnicode(host)
    .split('.')
    .some((label) => isLookalike(label))
}

/** Other ways of writing the same eight groups are ordinary, an address of four parts inside is not. */
const isSameSix = (plain: string, host: string): boolean =>
  plain.includes(':') && host.includes(':') && !plain.includes('.')

/** Letters of two alphabets in one label, or a label that reads as a Latin one although it is not. */
const isLookalike = (label: string): boolean =>
  (/\p{Script=Latin}/u.test(label) &&
    /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u.test(label)) ||
  (/[^ -~]/.test(label) && /^[a-z0-9-]+$/.test(glance(label)))

/** What stands in a URL, beside its path and query. */
export type ReadUrl = {
  readonly scheme: string
  readonly host: string
  readonly port: number | null
  readonly path: string
  readonly found: Found
}

/** Null where it is no URL that anything could fetch. */
export function readUrl(written: string): ReadUrl | null {
  const text = /^[a-z][\w+.-]*:/i.test(written.trim()) ? written : `https://${written.trim()}`
  const url = URL.parse(text)
  if (url === null) return null
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  const said = hostWritten(text)
  const isTricky =
    url.username !== '' ||
    url.password !== '' ||
    /[\t\n\r\\]/.test(written) ||
    (said !== null && said.includes('%'))
  const found = hostFound(said ?? host)
  return {
    scheme: url.protocol.slice(0, -1),
    host,
    port: url.port === '' ? null : Number(url.port),
    path: decodedPath(url.pathname),
    found: isTricky
      ? { ...found, facts: [...found.facts, factOf('disguised_host', written, 'possible')] }
      : found,
  }
}

/** The host as it stands in a URL; null where the URL is written so that only its reader knows. */
const hostWritten = (text: string): string | null =>
  /^[a-z][\w+.-]*:\/\/(\[[^\]]*\]|[^/?#@:\s\\]+)(?::\d+)?(?:[/?#]|$)/i.exec(text.trim())?.[1] ?? null

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
