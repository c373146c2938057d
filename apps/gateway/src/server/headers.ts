import type { HeaderFields } from '@writ/enforcement'
import { Refusal } from '@writ/contracts'

const MOST_FIELDS = 100

/** Keeps every value of every field: Node's own view joins some duplicates and drops others. */
export function readHeaders(rawHeaders: readonly string[]): HeaderFields | Refusal {
  if (rawHeaders.length > 2 * MOST_FIELDS)
    return new Refusal('message_too_large', `at most ${MOST_FIELDS} header fields are accepted`)
  const fields = new Map<string, string[]>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    const value = rawHeaders[at + 1] ?? ''
    const values = fields.get(name)
    if (values) values.push(value)
    else fields.set(name, [value])
  }
  return fields
}

/** A browser on a foreign page, or a name rebound to this address, gets nothing. */
export function checkOrigin(headers: HeaderFields, served: ServedNames): Refusal | null {
  const hosts = headers.get('host') ?? []
  const origins = headers.get('origin') ?? []
  if (hosts.length !== 1 || !served.hosts.has(String(hosts[0]).toLowerCase()))
    return new Refusal('origin_forbidden')
  if (origins.some((origin) => origin !== served.origin)) return new Refusal('origin_forbidden')
  return null
}

/** Values of `Host` that are served, lower case, and the one `Origin` that may be named. */
export type ServedNames = { readonly hosts: ReadonlySet<string>; readonly origin: string }

/** The public origin's host, and the bound address where that is a loopback one. */
export function servedNames(publicOrigin: string, bound: { host: string; port: number }): ServedNames {
  const hosts = new Set([new URL(publicOrigin).host])
  if (LOOPBACK.has(bound.host))
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) hosts.add(`${name}:${bound.port}`)
  return { hosts, origin: publicOrigin }
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** Exactly one `application/json` without content coding: what is judged must be what a server would read. */
export function checkMediaType(headers: HeaderFields): Refusal | null {
  const types = headers.get('content-type') ?? []
  const codings = headers.get('content-encoding') ?? []
  const isJson = types.length === 1 && JSON_TYPE.test(String(types[0]))
  return isJson && codings.length === 0 ? null : new Refusal('media_type_unsupported')
}

const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i
