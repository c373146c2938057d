import { describe, expect, it } from '@jest/globals'
import { Slug, TenantId } from '@writ/contracts'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as keys from './keys.ts'

const TENANT = 'ten_00000000000000000000000001'
const SLUG = 'acme'

/** Every name in Redis, by what builds it. Each that holds what belongs to a tenant names the tenant, before anything else that varies. */
const NAMES: Record<string, string> = {
  CHANGES: keys.CHANGES,
  HEARTBEAT: keys.HEARTBEAT,
  bundleKey: keys.bundleKey(SLUG),
  sessionKey: keys.sessionKey(TENANT, 'ses_1'),
  replayKey: keys.replayKey('hash'),
}
/** Of no tenant: which versions there are, signed time, and hashes of proofs that were used, which are bound to one key each. */
const OF_NO_TENANT = ['CHANGES', 'HEARTBEAT', 'replayKey']

describe('a key in Redis', () => {
  it('is built in one place, which this table covers', () => {
    expect(Object.keys(NAMES).sort()).toEqual(Object.keys(keys).sort())
  })

  it('of a tenant begins with the tenant', () => {
    for (const [builder, name] of Object.entries(NAMES).filter(([of]) => !OF_NO_TENANT.includes(of)))
      expect([builder, /^writ:[a-z]+:(acme|ten_0{25}1)(:|$)/.test(name)]).toEqual([builder, true])
  })

  it('is of one tenant only: neither a slug nor an id holds the separator', () => {
    expect(Slug.safeParse('a:b').success).toBe(false)
    expect(TenantId.safeParse(`${TENANT}:x`).success).toBe(false)
  })

  it('is written nowhere else in this room', () => {
    const folder = dirname(fileURLToPath(import.meta.url))
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !/keys|spec|test/.test(name))
    const writing = sources.filter((name) => readFileSync(join(folder, name), 'utf8').includes('writ:'))
    expect(writing).toEqual([])
  })
})
