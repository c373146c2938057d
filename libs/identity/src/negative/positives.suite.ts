import type { Mutation } from './attack-kit.ts'
import { having, without } from './rows.ts'

/** A request that differs from the plain one and is still valid: what makes sure that the refusals are not vacuous. */
export type Positive = {
  readonly title: string
  readonly mutation: Mutation
  /** holds only where the resource stands at the default port of https */
  readonly needs?: 'default port'
}

export const POSITIVES: readonly Positive[] = [
  { title: 'is valid', mutation: {} },
  { title: 'uses the scheme in lower case', mutation: { fields: byValue(/^DPoP /, 'dpop ') } },
  { title: 'has two blanks after the scheme', mutation: { fields: byValue(/^DPoP /, 'DPoP  ') } },
  {
    title: 'uses the field names in upper case',
    mutation: { fields: (fields) => fields.map(([name, value]) => [name.toUpperCase(), value]) },
  },
  {
    title: 'uses the field names in lower case',
    mutation: { fields: (fields) => fields.map(([name, value]) => [name.toLowerCase(), value]) },
  },
  { title: 'sends the proof first', mutation: { fields: (fields) => fields.toReversed() } },
  { title: 'has query and fragment in htu', mutation: htuBy((url) => `${url}?a=b#c`) },
  {
    title: 'has scheme and host of htu in upper case',
    mutation: htuBy((url) => url.replace(/^\w+:\/\/[^/]+/, (origin) => origin.toUpperCase())),
  },
  {
    title: 'names the default port in htu',
    mutation: htuBy((url) => url.replace(/^(https:\/\/[^/:]+)\//, '$1:443/')),
    needs: 'default port',
  },
  {
    title: 'escapes an unreserved character in htu',
    mutation: htuBy((url) => url.replace('/mcp', '/%6Dcp')),
  },
  {
    title: 'goes up and down to the same path in htu',
    mutation: htuBy((url) => url.replace('/acme/', '/x/%2e%2e/./acme/')),
  },
  {
    title: 'spells htu with escapes of JSON',
    mutation: { claimsJson: (json) => json.replace('"htu":"h', String.raw`"htu":"\u0068`) },
  },
  {
    title: 'writes its time as a decimal',
    mutation: { claimsJson: (json) => json.replace(/("iat":\d+)/, '$1.0') },
  },
  {
    title: 'has blanks around its members',
    mutation: { claimsJson: (json) => ` ${json.replaceAll(',"', ' ,\t"')}\n` },
  },
  {
    title: 'has a jti of 8 characters',
    mutation: { claims: (c) => ({ ...c, jti: String(c['jti']).slice(0, 8) }) },
  },
  { title: 'was made 10 s ago', mutation: madeAfter(-10) },
  { title: 'was made 58 s ago', mutation: madeAfter(-58) },
  { title: 'was made 8 s ahead', mutation: madeAfter(8) },
  {
    title: 'has unknown header members',
    mutation: { header: having({ kid: 'k', 'x-note': { nested: [1, { a: null }] } }) },
  },
  {
    title: 'has unknown claims',
    mutation: { claims: having({ note: 'n', deep: { a: [{ b: 1 }, { b: 2 }] } }) },
  },
  {
    title: 'has exp and nbf that hold',
    mutation: { claims: (c) => ({ ...c, exp: Number(c['iat']) + 30, nbf: c['iat'] }) },
  },
  { title: 'has no wbd', mutation: { claims: without('wbd') } },
  {
    title: 'has harmless members in its jwk',
    mutation: {
      header: (h) => ({
        ...h,
        jwk: { ...Object(h['jwk']), use: 'sig', key_ops: ['verify'], alg: 'ES256', kid: 'k' },
      }),
    },
  },
]

function byValue(from: RegExp, to: string): Mutation['fields'] & object {
  return (fields) => fields.map(([name, value]) => [name, value.replace(from, to)])
}

function htuBy(change: (url: string) => string): Mutation {
  return { claims: (claims) => ({ ...claims, htu: change(String(claims['htu'])) }) }
}

function madeAfter(seconds: number): Mutation {
  return { claims: (claims) => ({ ...claims, iat: Number(claims['iat']) + seconds }) }
}
