import { describe, expect, it } from '@jest/globals'
import { encodeBase64url } from './base64url.ts'
import { isPlainEs256Header, readCompactJws } from './compact-jws.ts'

const jwsWith = (signatureBytes: number): string =>
  `${encodeBase64url('{"alg":"ES256"}')}.${encodeBase64url('{"a":1}')}.${encodeBase64url(Buffer.alloc(signatureBytes, 1))}`

describe('a compact JWS', () => {
  it('has a signature of 64 bytes', () => {
    expect(readCompactJws(jwsWith(64))?.signature).toHaveLength(64)
  })

  it.each([0, 1, 63, 65, 70, 71, 72, 96, 128])('has none of %d bytes', (signatureBytes) => {
    expect(readCompactJws(jwsWith(signatureBytes))).toBeNull()
  })

  it('is signed over its first two segments as they came', () => {
    const jws = jwsWith(64)
    expect(readCompactJws(jws)?.signingInput.toString()).toBe(jws.slice(0, jws.lastIndexOf('.')))
  })
})

describe('the header of a JWS', () => {
  const header = { typ: 'at+jwt', alg: 'ES256' }

  it('says the type and ES256, and may say what nobody obeys', () => {
    expect(isPlainEs256Header({ ...header, kid: 'k', note: 1 }, 'at+jwt')).toBe(true)
  })

  it.each(['crit', 'b64', 'zip', 'enc', 'cty', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'])(
    'does not say %s',
    (name) => {
      expect(isPlainEs256Header({ ...header, [name]: null }, 'at+jwt')).toBe(false)
    },
  )
})
