import type { Recogniser } from '../recogniser.ts'
import { literals } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { distanceOf, surroundingsOf, vague } from './context.ts'
import { isIpv6 } from './ip-address.ts'

/** Addresses of the internet that can be somebody's. Version numbers look alike: small numbers need a word beside them. */
export const IPV4: Recogniser = {
  signals: ['pii.ip'],
  triggers: [{ kind: 'digits', min: 4, max: 30 }],
  recognise: (text, start, end) => {
    if (end - start < SHORTEST_QUAD || !hasThreeDots(text, start, end)) return NONE
    const spans: Span[] = []
    for (const { 0: found, index } of text.slice(start, end).matchAll(QUAD)) {
      const span = { signal: 'pii.ip', start: start + index, end: start + index + found.length }
      if (isQuadMeant(text, span, found)) spans.push(span)
    }
    return spans
  },
}

const SHORTEST_QUAD = 7

function hasThreeDots(text: string, start: number, end: number): boolean {
  let dots = 0
  for (let at = start; at < end && dots < 3; at += 1) if (text.charCodeAt(at) === DOT) dots += 1
  return dots === 3
}

const DOT = 46
const NONE: readonly Span[] = []

const QUAD =
  /(?<![\d.-])(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?![\d-]|\.\d)/g

function isQuadMeant(text: string, { start, end }: Span, quad: string): boolean {
  const octets = quad.split('.').map(Number)
  const before = text.slice(Math.max(0, start - 24), start)
  if (VERSION_BEFORE.test(before) || VERSION_AFTER.test(text.slice(end, end + 4)) || NOBODYS.test(quad))
    return false
  const isPlain = octets.some((octet) => octet > 31) && !PRIVATE.test(quad) && octets[3] !== 0
  return isPlain || distanceOf(WORDS, surroundingsOf(text, start, end)) < Infinity
}

/** Part of a word, the version of a product (`Chrome/120.0.0.0`) or of a package. */
const VERSION_BEFORE =
  /[\p{L}\p{N}_@]$|(?<![/:])[\p{L}\p{N}]\/$|(?:\bv|version|ver\.?|release|build|[~^=<>]=?)["':\s=]{0,4}$/iu
const VERSION_AFTER = /^(?:[\p{L}_@]|\.\p{L}|\/\d)/u
const NOBODYS = /^(?:0\.|127\.|255\.255\.255\.|22[4-9]\.|23\d\.)/
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/

const WORDS = vague(
  'ip',

  'ips',
  'ipv4',
  'ip address',
  'address',
  'client',
  'visitor',
  'user',
  'login',
  'logged in',
  'remote addr',
  'from ip',
  'adresse',
  'x forwarded for',
  'ipaddress',
  'dirección',
  'indirizzo',
)

export const IPV6: Recogniser = {
  signals: ['pii.ip'],
  triggers: [
    ...literals('::'),
    { kind: 'mixed', min: 2, max: 4, beside: ':' },
    { kind: 'digits', min: 1, max: 4, beside: ':' },
  ],
  recognise: (text, start, end) => {
    const from = startOfGroups(text, start)
    const to = endOfGroups(text, end)
    if (to - from < SHORTEST) return NONE
    return hasColons(text, from, to) &&
      isSomebodys(text.slice(from, to)) &&
      !EDGE.test(text.charAt(from - 1)) &&
      !EDGE.test(text.charAt(to))
      ? [{ signal: 'pii.ip', start: from, end: to }]
      : NONE
  },
}

const LONGEST = 45
const COLON = 58

function startOfGroups(text: string, start: number): number {
  let from = start
  while (from > 0 && start - from < LONGEST && isOfGroups(text.charCodeAt(from - 1))) from -= 1
  return from
}

function endOfGroups(text: string, end: number): number {
  let to = end
  while (to < text.length && to - end < LONGEST && isOfGroups(text.charCodeAt(to))) to += 1
  while (to > end && text.charAt(to - 1) === ':' && text.charAt(to - 2) !== ':') to -= 1
  return to
}

/** A hexadecimal digit or a colon. */
const isOfGroups = (code: number): boolean =>
  (code >= 48 && code <= COLON) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102)

const SHORTEST = 8
const MOST_COLONS = 7

/** Seven, or two that stand together; most times of the day are left at that. */
function hasColons(text: string, from: number, to: number): boolean {
  let colons = 0
  for (let at = from; at < to; at += 1) {
    if (text.charCodeAt(at) !== COLON) continue
    colons += 1
    if (text.charCodeAt(at + 1) === COLON) return true
  }
  return colons === MOST_COLONS
}

const EDGE = /[\p{L}\p{N}_:]/u

/** At least three groups; neither loopback nor link-local nor multicast. */
const isSomebodys = (address: string): boolean =>
  isIpv6(address) && !/^(?:fe[89ab]|ff|::1?$|0*:0*:)/i.test(address) && /\d/.test(address)
