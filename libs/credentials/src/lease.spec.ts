import { describe, expect, it } from '@jest/globals'
import type { LeaseSecret } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import { CompactEncrypt, decodeProtectedHeader } from 'jose'
import { createLeaseKey, openLease, readLeaseKey, sealLease } from './lease.ts'

const SECRET: LeaseSecret = {
  tenant: `ten_${'0'.repeat(26)}`,
  connection: `con_${'0'.repeat(26)}`,
  version: 1,
  origin: 'https://tools.example',
  header: 'x-api-key',
  value: 'sk-live-0123456789',
  renewAtMs: 1,
  expiresAtMs: 2,
}
const node = createLeaseKey()

const codeOf = async (jwe: string, key = node.privateKey): Promise<string> => {
  const opened = await openLease(jwe, key)
  return isRefusal(opened) ? opened.code : 'opened'
}

describe('sealLease', () => {
  it('opens at the node that it was sealed to', async () => {
    expect(await openLease(await sealLease(SECRET, node.publicJwk), node.privateKey)).toEqual(SECRET)
  })

  it('opens after the node restarted with the key that it kept', async () => {
    const restarted = readLeaseKey(node.privatePem)
    expect(restarted.publicJwk).toEqual(node.publicJwk)
    expect(await openLease(await sealLease(SECRET, node.publicJwk), restarted.privateKey)).toEqual(SECRET)
  })

  it('is a compact JWE by ECDH-ES with A256GCM, and shows nothing of the secret', async () => {
    const jwe = await sealLease(SECRET, node.publicJwk)
    expect(jwe.split('.')).toHaveLength(5)
    expect(decodeProtectedHeader(jwe)).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM' })
    expect(Buffer.from(jwe, 'base64url').includes(SECRET.value)).toBe(false)
  })

  it('stays shut at another node', async () => {
    expect(await codeOf(await sealLease(SECRET, node.publicJwk), createLeaseKey().privateKey)).toBe(
      'credential_unavailable',
    )
  })

  it('stays shut when it was changed, and when it is no lease at all', async () => {
    const jwe = await sealLease(SECRET, node.publicJwk)
    const parts = jwe.split('.')
    const changed = [
      ...parts.slice(0, 4),
      `${parts[4]?.startsWith('A') ? 'B' : 'A'}${parts[4]?.slice(1)}`,
    ].join('.')
    expect(await codeOf(changed)).toBe('credential_unavailable')
    expect(await codeOf('not a lease')).toBe('credential_unavailable')
  })

  it('stays shut when what is inside is no lease', async () => {
    expect(await codeOf(await sealed(JSON.stringify(SECRET), 'writ-lease+jwe'))).toBe('opened')
    expect(await codeOf(await sealed(JSON.stringify(SECRET), 'other+jwe'))).toBe('credential_unavailable')
    expect(
      await codeOf(await sealed(JSON.stringify({ ...SECRET, expiresAtMs: 'later' }), 'writ-lease+jwe')),
    ).toBe('credential_unavailable')
    expect(await codeOf(await sealed('{', 'writ-lease+jwe'))).toBe('credential_unavailable')
  })
})

const sealed = async (text: string, typ: string): Promise<string> =>
  new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', typ })
    .encrypt({ ...node.publicJwk })
