import { createHash } from 'node:crypto'
import type { AttackKit, NegativeCase } from './attack-kit.ts'
import { sha256 } from '../sha256.ts'
import { having, refusedAs, without } from './rows.ts'

/** Claims: what a proof says. */
export const claimCases = (): readonly NegativeCase[] => [
  ...refusedAs('proof_invalid', [
    ['N48', 'ath missing', { claims: without('ath') }],
    ['N49', 'ath of a different token', { claims: having({ ath: sha256('a different token') }) }],
    ['N50', 'ath in hex', { claims: athInHex }],
    ['N51', 'jti missing', { claims: without('jti') }],
    ['N53', 'jti a number', { claims: having({ jti: 123_456_789 }) }],
    ['W16', 'jti of 7 characters', { claims: having({ jti: '1234567' }) }],
    ['W17', 'jti of 129 characters', { claims: having({ jti: 'j'.repeat(129) }) }],
    ['N55', 'htm missing', { claims: without('htm') }],
    [
      'N56',
      'htm of another method',
      { claims: (claims, { verb }) => ({ ...claims, htm: verb === 'GET' ? 'POST' : 'GET' }) },
    ],
    ['N57', 'htm in lower case', { claims: (claims, { verb }) => ({ ...claims, htm: verb.toLowerCase() }) }],
    ['N58', 'htu missing', { claims: without('htu') }],
    [
      'N60',
      'htu of another host',
      { claims: htuBy((url) => Object.assign(url, { hostname: 'other.example' })) },
    ],
    [
      'N61',
      'htu of another scheme',
      {
        claims: htuOf((url) =>
          url.startsWith('https:') ? url.replace('https:', 'http:') : url.replace('http:', 'https:'),
        ),
      },
    ],
    ['N62', 'htu of another port', { claims: htuBy((url) => Object.assign(url, { port: '8443' })) }],
    ['N64', 'htu a prefix of the right one', { claims: htuOf((url) => url.slice(0, url.lastIndexOf('/'))) }],
    ['N65', 'htu with a trailing slash', { claims: htuOf((url) => `${url}/`) }],
    ['N67', 'htu relative', { claims: htuOf((url) => new URL(url).pathname) }],
    ['N68', 'htu with userinfo', { claims: htuOf((url) => url.replace('://', '://agent@')) }],
    ['N70', 'htu with a line feed inside the host', { claims: htuOf((url) => url.replace('://', '://\n')) }],
    [
      'N73',
      'htu of the token endpoint',
      { claims: (claims, kit) => ({ ...claims, htu: kit.tokenEndpoint }) },
    ],
    ['W18', 'htu with backslashes', { claims: htuOf((url) => url.replaceAll('/', '\\')) }],
    ['W19', 'htu with spaces around it', { claims: htuOf((url) => ` ${url} `) }],
    ['W20', 'htu without slashes after the scheme', { claims: htuOf((url) => url.replace('://', ':')) }],
    ['W21', 'htu with full-width dots', { claims: htuBy(withFullWidthDots) }],
    ['W22', 'htu with an escaped slash', { claims: htuOf((url) => url.replace(/\/([^/]*)$/, '%2F$1')) }],
    ['W39', 'htu a list of the right URL', { claims: (claims, { url }) => ({ ...claims, htu: [url] }) }],
    ['N74', 'iat missing', { claims: without('iat') }],
    ['N75', 'iat a string', { claims: (claims) => ({ ...claims, iat: String(claims['iat']) }) }],
    ['W23', 'iat with a fraction', { claims: (claims) => ({ ...claims, iat: Number(claims['iat']) + 0.5 }) }],
    ['N80', 'exp 120 s past', { claims: secondsFromNow('exp', -120) }],
    ['N81', 'nbf 1 h ahead', { claims: secondsFromNow('nbf', 3_600) }],
    ['W24', 'exp a string', { claims: having({ exp: '9999999999' }) }],
    ['N87', 'nonce an array', { claims: having({ nonce: ['nonce'] }) }],
    ['W25', 'wbd of another body', { claims: having({ wbd: sha256('another body') }) }],
    ['W26', 'wbd a number', { claims: having({ wbd: 1 }) }],
  ]),
]

type Claims = { readonly [name: string]: unknown }

const athInHex = (claims: Claims, { accessToken }: AttackKit): Claims => ({
  ...claims,
  ath: createHash('sha256').update(accessToken).digest('hex'),
})

const htuOf =
  (change: (url: string) => string) =>
  (claims: Claims, { url }: AttackKit): Claims => ({ ...claims, htu: change(url) })

const htuBy = (change: (url: URL) => URL | string) => htuOf((url) => String(change(new URL(url))))

/** Dots that URL parsers take for dots. */
function withFullWidthDots({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host.replaceAll('.', '\uff0e')}${pathname}`
}

export const secondsFromNow =
  (name: string, seconds: number) =>
  (claims: Claims, { nowMs }: AttackKit): Claims => ({
    ...claims,
    [name]: Math.floor(nowMs / 1_000) + seconds,
  })
