import { createHash, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { request } from 'node:http'
import { CLIENT_ASSERTION_TYPE, GRANT_TYPES } from '@writ/contracts'
import { publicJwkOf } from '@writ/identity'
import { ORIGIN } from '../../testing/given.ts'
import type { ControlPlane } from '../../testing/given.ts'

export type Members = { readonly [name: string]: unknown }
export type Jwt = { readonly header: Members; readonly claims: Members; readonly key: KeyObject }

/** A request to the authority before it is signed and sent. Sent again, it carries the same single-use values. */
export type Draft = {
  readonly slug: string
  readonly endpoint: string
  readonly parameters: readonly (readonly [string, string])[]
  readonly assertion: Jwt | null
  /** one DPoP field each */
  readonly proofs: readonly Jwt[]
  /** what goes on the wire in place of what was made of the rest */
  readonly raw?: { readonly proof?: string; readonly assertion?: string }
}

export type Got = {
  readonly status: number
  readonly error: string | null
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // oxlint-disable-next-line typescript/no-explicit-any -- specs look into answers of every shape
  readonly body: any
}

export type Client = { readonly id: string; readonly identityKey: KeyObject }

export const newJti = (): string => randomBytes(16).toString('base64url')
export const issuerOf = (slug: string): string => `${ORIGIN}/t/${slug}/oauth`

/** A right request of a client. */
export function draftOf(
  slug: string,
  client: Client,
  {
    sessionKey,
    parameters,
    endpoint = 'token',
    atMs = Date.now(),
  }: {
    readonly sessionKey: KeyObject
    readonly parameters: Readonly<Record<string, string>>
    readonly endpoint?: string
    readonly atMs?: number
  },
): Draft {
  const iat = Math.floor(atMs / 1000)
  const [issuer, jti] = [issuerOf(slug), newJti()]
  return {
    slug,
    endpoint,
    parameters: Object.entries(parameters),
    assertion: {
      header: { typ: 'client-authentication+jwt', alg: 'ES256' },
      claims: { iss: client.id, sub: client.id, aud: issuer, iat, exp: iat + 60, jti },
      key: client.identityKey,
    },
    proofs: [
      {
        header: { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwkOf(sessionKey) },
        claims: { jti: newJti(), htm: 'POST', htu: `${issuer}/${endpoint}`, iat },
        key: sessionKey,
      },
    ],
  }
}

export const withClaims = (jwt: Jwt, claims: Members): Jwt => ({
  ...jwt,
  claims: { ...jwt.claims, ...claims },
})
export const withHeader = (jwt: Jwt, header: Members): Jwt => ({
  ...jwt,
  header: { ...jwt.header, ...header },
})

/** Changes the assertion of a draft. */
export const asserting =
  (change: (jwt: Jwt) => Jwt) =>
  (draft: Draft): Draft => ({
    ...draft,
    assertion: draft.assertion && change(draft.assertion),
  })

/** Changes the proof of a draft. */
export const proving =
  (change: (jwt: Jwt) => Jwt) =>
  (draft: Draft): Draft => ({
    ...draft,
    proofs: draft.proofs.map(change),
  })

/** Sets, or with `null` leaves out, parameters of a draft. */
export const asking =
  (changes: Readonly<Record<string, string | null>>) =>
  (draft: Draft): Draft => ({
    ...draft,
    parameters: [
      ...draft.parameters.filter(([name]) => !(name in changes)),
      ...Object.entries(changes).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    ],
  })

/** The proof, made by another key. */
export const provenBy = (key: KeyObject) =>
  proving((jwt) => ({ ...withHeader(jwt, { jwk: publicJwkOf(key) }), key }))

export const parameterOf = ({ parameters }: Draft, name: string): string =>
  parameters.find(([one]) => one === name)?.[1] ?? ''

export function signJwt({ header, claims, key }: Jwt): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Sends it over a socket, fields exactly as they are: a tidier client would join or drop some. */
export function send(plane: ControlPlane, draft: Draft): Promise<Got> {
  const proofs = draft.raw?.proof === undefined ? draft.proofs.map(signJwt) : [draft.raw.proof]
  const fields = ['content-type', FORM, ...proofs.flatMap((proof) => ['dpop', proof])]
  return post(`${plane.url}/t/${draft.slug}/oauth/${draft.endpoint}`, fields, formOf(draft).toString())
}

const FORM = 'application/x-www-form-urlencoded'

function formOf(draft: Draft): URLSearchParams {
  const form = new URLSearchParams(draft.parameters.map(([name, value]): [string, string] => [name, value]))
  const assertion = draft.raw?.assertion ?? (draft.assertion && signJwt(draft.assertion))
  if (assertion === null) return form
  if (!form.has('client_assertion_type')) form.set('client_assertion_type', CLIENT_ASSERTION_TYPE)
  form.append('client_assertion', assertion)
  return form
}

export function post(url: string, fields: readonly string[], body: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(url)
    const sent = request(url, {
      method: 'POST',
      headers: ['host', host, 'content-length', String(Buffer.byteLength(body)), ...fields],
    })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const parsed = jsonOf(Buffer.concat(chunks).toString('utf8'))
        resolve({
          status: answer.statusCode ?? 0,
          error: parsed?.error ?? null,
          headers: answer.headers,
          body: parsed,
        })
      })
    })
    sent.end(body)
  })
}

// oxlint-disable-next-line typescript/no-explicit-any -- see Got
function jsonOf(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url')

// oxlint-disable-next-line typescript/no-explicit-any -- see Got
export const claimsOf = ({ body }: Got): any =>
  JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString('utf8'))

export const CLIENT_CREDENTIALS = { grant_type: GRANT_TYPES.clientCredentials }
