import { isIP } from 'node:net'

export type Target = { readonly host: string; readonly port: number }

/**
 * A host in the one spelling that is compared and recorded: what a URL makes of it, so that `2130706433`, `0x7f.1` and full-width digits are
 * the address that they mean. No brackets, no dot at the end.
 * @returns null for what no URL would have as its host
 */
export function canonicalHost(given: string): string | null {
  if (given === '' || given.length > 255 || /[\s/?#@\\%]/.test(given)) return null
  const host = parsedHost(given)
    ?.replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
  if (host === undefined) return null
  return isIP(host) > 0 || NAME.test(host) ? host : null
}

function parsedHost(given: string): string | undefined {
  const url = urlOf(`http://${isIP(given) === 6 ? `[${given}]` : given}/`)
  return url?.port === '' && url.pathname === '/' ? url.hostname : undefined
}

/** Null for what is no URL. Not by `URL.canParse`: once it is optimised, Node 20 refuses hosts with letters of Latin-1 in it. */
export function urlOf(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

const NAME = /^(?!.*\.\.)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

/** The authority form of CONNECT, and of a Host field. @param otherwise the port where none is named; null: one must be */
export function targetOf(authority: string, otherwise: number | null): Target | null {
  const { host, port } = partsOf(authority)
  const meant = port ?? otherwise
  return host === null || meant === null || meant < 1 || meant > 65_535 ? null : { host, port: meant }
}

function partsOf(authority: string): { readonly host: string | null; readonly port: number | null } {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/.exec(authority)
  return {
    host: parts?.[1] === undefined ? null : canonicalHost(parts[1]),
    port: parts?.[2] === undefined ? null : Number(parts[2]),
  }
}

/** A host that may be reached. `*.name` is every name below `name`, and not `name` itself. */
export type HostRule = {
  readonly host: string
  /** null: those of the web */
  readonly port: number | null
  /** addresses of this machine or its networks are meant */
  readonly mayBePrivate: boolean
}

/** @returns null when it is no `host`, `*.host`, `host:port` or `*.host:port` */
export function hostRuleOf(text: string, mayBePrivate = false): HostRule | null {
  const isWide = text.startsWith('*.')
  const { host, port } = partsOf(isWide ? text.slice(2) : text)
  if (host === null || port === 0 || (port ?? 1) > 65_535) return null
  return { host: isWide ? `*.${host}` : host, port, mayBePrivate }
}

export const ruleFor = ({ host, port }: Target, rules: readonly HostRule[]): HostRule | undefined =>
  rules.find(
    (rule) =>
      matchesHost(host, rule.host) && (rule.port === null ? WEB_PORTS.includes(port) : rule.port === port),
  )

export const matchesHost = (host: string, pattern: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && isIP(host) === 0 : host === pattern

const WEB_PORTS = [443, 80]
