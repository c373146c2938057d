import type { Json, JsonObject } from '@writ/contracts'
import { urlOf } from '@writ/contracts'
import { isList } from './path.ts'
import { RuleFault } from './rule-fault.ts'

/** Names of arguments that say where something goes, most telling first; as they are compared: letters only, small. */
const NAMES =
  'url uri href endpoint webhook webhookurl callback callbackurl link host hosts hostname domain server address to cc bcc recipient recipients email emails destination target urls'.split(
    ' ',
  )
const RANKS: ReadonlyMap<string, number> = new Map(NAMES.map((name, rank) => [name, rank]))

/** How many members are looked at: beyond it nobody can say where the action goes. */
const MOST_MEMBERS = 1000
const MAX_DEPTH = 8

/** A text that says where an action goes, and how telling the name of its argument is. */
type Destination = { readonly rank: number; readonly text: string }

/**
 * Hosts that an action reaches: that of the resource when it is a URL, else those of the URLs, e-mail addresses and host names among the
 * arguments that are named like a destination. The most telling name comes first, then the alphabet, so that no order of members decides.
 */
export function hostsOf(resource: string, args: JsonObject): readonly string[] | RuleFault {
  const texts = destinationsOf(resource, args)
  if (texts instanceof RuleFault) return texts
  if (texts.length === 0) return NONE
  const hosts = texts.map(hostsIn)
  const unread = hosts.find((found) => found instanceof RuleFault)
  return unread ?? [...new Set(hosts.flatMap((found) => (found instanceof RuleFault ? [] : found)))]
}

const NONE: readonly string[] = []

/** The texts themselves: the resource when it is a URL, else the arguments that are named like a destination. */
export function destinationsOf(resource: string, args: JsonObject): readonly string[] | RuleFault {
  if (hostOfUrl(resource) !== null) return [resource]
  const found: Destination[] = []
  if (!collect(args, { rank: null, depth: 0 }, { found, left: MOST_MEMBERS }))
    return new RuleFault('there are too many arguments to say where the action goes')
  return found.sort(inOrder).map(({ text }) => text)
}

type Place = { readonly rank: number | null; readonly depth: number }
type Search = { readonly found: Destination[]; left: number }

const inOrder = (left: Destination, right: Destination): number =>
  left.rank - right.rank || (left.text < right.text ? -1 : Number(left.text > right.text))

function collect(value: Json, { rank, depth }: Place, search: Search): boolean {
  search.left -= 1
  if (search.left < 0) return false
  if (typeof value === 'string') {
    if (rank !== null) search.found.push({ rank, text: value })
    return true
  }
  if (typeof value !== 'object' || value === null) return true
  if (depth >= MAX_DEPTH) return false
  if (isList(value)) return value.every((item) => collect(item, { rank, depth: depth + 1 }, search))
  return Object.keys(value).every((name) =>
    collect(value[name] ?? null, { rank: rankOf(name) ?? rank, depth: depth + 1 }, search),
  )
}

/** Names are few and come again in every call; what they say is found once. Forgotten when there are too many. */
const KNOWN = new Map<string, number | null>()
const MOST_KNOWN = 2_048
const LONGEST_NAME = 32

function rankOf(name: string): number | null {
  if (name.length > LONGEST_NAME) return null
  const known = KNOWN.get(name)
  if (known !== undefined) return known
  const rank = RANKS.get(name.replaceAll(/[^a-z]/gi, '').toLowerCase()) ?? null
  if (KNOWN.size === MOST_KNOWN) KNOWN.clear()
  KNOWN.set(name, rank)
  return rank
}

const MAX_LENGTH = 2048

/** One text may name many: `Ana <ana@a.example>, bo@b.example`. What cannot be read is a fault: a client may read it all the same. */
function hostsIn(text: string): readonly string[] | RuleFault {
  if (text.length > MAX_LENGTH) return new RuleFault('a destination is too long to be read')
  const words = cleaned(text)
    .split(/[\s,;<>"]+/)
    .filter((word) => word !== '')
  const hosts: string[] = []
  for (const word of words) {
    const host = hostOfWord(word, words.length === 1)
    if (host instanceof RuleFault) return host
    if (host !== null) hosts.push(host)
  }
  return hosts
}

function hostOfWord(word: string, isAlone: boolean): string | RuleFault | null {
  if (!SPECIAL.test(word) && !/^[\\/]{2}/.test(word) && !/^[a-z][a-z0-9+.-]*:[\\/]{2}/i.test(word))
    return bareHost(word, isAlone)
  return hostOfUrl(word) ?? (isLocalFile(word) ? null : new RuleFault('a destination cannot be read'))
}

/** As clients clean a URL before they read it (WHATWG URL, "basic URL parser"): no controls around it, no tab or line break within. */
const cleaned = (text: string): string =>
  text.replace(/^[^!-\uffff]+|[^!-\uffff]+$/g, '').replace(/[\t\n\r]/g, '')

/** Schemes whose URLs have a host however many slashes, of either kind, stand before it. */
const SPECIAL = /^(?:https?|wss?|ftp):/i

/** Of an e-mail address, or of a host with or without a port and path; a word of a sentence is neither. */
function bareHost(word: string, isAlone: boolean): string | null {
  const [authority = ''] = word.split(/[/?#\\]/, 1)
  const at = authority.lastIndexOf('@')
  const host = authority
    .slice(at + 1)
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[([\d.]+)\]$/, '$1')
  const isHost = (at >= 0 || isAlone) && host.includes('.')
  return isHost ? hostOfUrl(`https://${host}/`) : null
}

/** Null for what is no URL with a host. */
function hostOfUrl(given: string): string | null {
  if (!MAY_BE_URL.test(given)) return null
  const text = cleaned(given)
  if (FILE.test(text)) return hostOfFile(text)
  const named = text.replace(/^(?:[a-z][a-z0-9+.-]*:)?[\\/]*/i, '')
  if (
    text.length > MAX_LENGTH ||
    named === '' ||
    !(SPECIAL.test(text) || /^(?:[a-z][a-z0-9+.-]*:)?[\\/]{2}/i.test(text))
  )
    return null
  // the scheme is made a special one, so that every host is read by the same rules
  return hostIn(urlOf(`https://${named}`))
}

const hostIn = (url: URL | null): string | null =>
  url === null || url.hostname === '' ? null : url.hostname.replace(/\.$/, '')

/** A scheme, or two slashes once it is cleaned. */
const MAY_BE_URL = /:|[\\/][\t\n\r]*[\\/]/
const FILE = /^file:/i

/** A file of this machine reaches no host; one of another machine (`file://server/share`) does. No slash is left out before its host. */
const hostOfFile = (text: string): string | null => (text.length > MAX_LENGTH ? null : hostIn(urlOf(text)))

/** What clients read as a file of this machine; what no client reads as a URL is not one. */
const isLocalFile = (text: string): boolean => FILE.test(text) && urlOf(text) !== null
