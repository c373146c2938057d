import type { IncomingHttpHeaders } from 'node:http'
import { Transform } from 'node:stream'

/** A secret that the agent holds a placeholder for; it is put in only over TLS, and only for hosts that it is bound to. */
export type Injection = { readonly placeholder: string; readonly secret: string }

type Fields = Readonly<Record<string, string | string[] | undefined>>

/** The fields of a request with the secrets in place of their placeholders, also inside Basic credentials (RFC 7617). */
export function withSecrets(fields: IncomingHttpHeaders, injections: readonly Injection[]): Fields {
  const changed = (value: string): string => injections.reduce(injected, value)
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(changed) : value === undefined ? undefined : changed(value),
    ]),
  )
}

function injected(value: string, { placeholder, secret }: Injection): string {
  const plain = value.replaceAll(placeholder, () => secret)
  const basic = /^(Basic +)([A-Za-z0-9+/=]+)$/i.exec(plain)
  if (basic?.[1] === undefined || basic[2] === undefined) return plain
  const inner = Buffer.from(basic[2], 'base64').toString('utf8')
  if (!inner.includes(placeholder)) return plain
  return basic[1] + Buffer.from(inner.replaceAll(placeholder, () => secret)).toString('base64')
}

/** Covers the secrets where an answer repeats them, byte for byte, so that lengths stay what they were. */
export function coverSecrets(injections: readonly Injection[]): Transform {
  const secrets = injections.map(({ secret }) => Buffer.from(secret)).filter(({ length }) => length > 0)
  const kept = Math.max(0, ...secrets.map(({ length }) => length - 1))
  let held = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = Buffer.concat([held, chunk])
      cover(bytes, secrets)
      const ready = Math.max(0, bytes.length - kept)
      held = bytes.subarray(ready)
      done(null, bytes.subarray(0, ready))
    },
    flush(done) {
      done(null, held)
    },
  })
}

function cover(bytes: Buffer, secrets: readonly Buffer[]): void {
  for (const secret of secrets)
    for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at))
      bytes.fill('*', at, at + secret.length)
}

export const coveredFields = (fields: IncomingHttpHeaders, injections: readonly Injection[]): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? value.map((one) => coveredText(one, injections))
        : value === undefined
          ? undefined
          : coveredText(value, injections),
    ]),
  )

const coveredText = (text: string, injections: readonly Injection[]): string =>
  injections.reduce((covered, { secret }) => covered.replaceAll(secret, '*'.repeat(secret.length)), text)
