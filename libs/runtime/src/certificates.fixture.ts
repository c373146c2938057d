import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A certificate in PEM and its private key. */
export type Certified = { readonly cert: string; readonly key: string }
/** A small authority of its own (X.509, RFC 5280), made anew for each run. */
export type TestAuthority = Certified & { readonly issue: (name: string) => Certified }

export function testAuthority(): TestAuthority {
  const keys = newKeys()
  const issuer = nameOf('A test authority')
  const isAuthority = sequence(objectId('2.5.29.19'), octets(sequence(element(0x01, Buffer.of(0xff)))))
  const cert = certificate({ issuer, subject: issuer, keys, signer: keys.privateKey, extension: isAuthority })
  return {
    cert,
    key: pemOf(keys.privateKey),
    issue: (name) => {
      const own = newKeys()
      const names = sequence(element(0x82, Buffer.from(name)))
      const extension = sequence(objectId('2.5.29.17'), octets(names))
      const subject = nameOf(name)
      return {
        cert: certificate({ issuer, subject, keys: own, signer: keys.privateKey, extension }),
        key: pemOf(own.privateKey),
      }
    },
  }
}

type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
type Parts = {
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly keys: Keys
  readonly signer: KeyObject
  readonly extension: Buffer
}

const newKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

const HOUR_MS = 3_600_000

function certificate({ issuer, subject, keys, signer, extension }: Parts): string {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'))
  const now = Date.now()
  const content = sequence(
    element(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    issuer,
    sequence(time(now - HOUR_MS), time(now + HOUR_MS)),
    subject,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(extension)),
  )
  const signature = element(0x03, Buffer.concat([Buffer.of(0), sign('sha256', content, signer)]))
  const der = sequence(content, algorithm, signature).toString('base64')
  const lines = der.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

const nameOf = (text: string): Buffer =>
  sequence(element(0x31, sequence(objectId('2.5.4.3'), element(0x0c, Buffer.from(text)))))

const time = (atMs: number): Buffer =>
  element(0x18, Buffer.from(new Date(atMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')))

const sequence = (...parts: readonly Buffer[]): Buffer => element(0x30, Buffer.concat(parts))
const octets = (bytes: Buffer): Buffer => element(0x04, bytes)
const integer = (bytes: Buffer): Buffer => element(0x02, bytes)

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...others.flatMap(sevenBits)]))
}

function sevenBits(value: number): number[] {
  const groups = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
  return groups
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  const size = length < 0x80 ? [length] : long
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
