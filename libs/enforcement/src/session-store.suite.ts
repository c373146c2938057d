import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { formatId } from '@writ/contracts'
import type { SessionState } from '@writ/contracts'
import type { SessionKey, SessionStore } from './session-store.ts'

/** What every store of sessions promises. @param given opens two of them over the same sessions, as two gateways do; the same twice where there is only one */
export function sessionStoreSuite(
  name: string,
  given: () => Promise<readonly [SessionStore, SessionStore]>,
): void {
  describe(name, () => {
    let stores: readonly [SessionStore, SessionStore]
    beforeAll(async () => {
      stores = await given()
    })

    it('knows no session that was never kept', async () => {
      expect(await stores[0].read(newKey())).toBeNull()
    })

    it('gives back what was kept, through either gateway', async () => {
      const key = newKey()
      expect(await stores[0].replace(key, null, RICH)).toBe(true)
      expect(await stores[0].read(key)).toEqual(RICH)
      expect(await stores[1].read(key)).toEqual(RICH)
    })

    it('replaces the version that it was told, and no other', async () => {
      const key = newKey()
      const [store] = stores
      await store.replace(key, null, stateAt(1))
      expect(await store.replace(key, null, stateAt(9))).toBe(false)
      expect(await store.replace(key, 0, stateAt(9))).toBe(false)
      expect(await store.replace(key, 2, stateAt(9))).toBe(false)
      expect(await store.read(key)).toEqual(stateAt(1))
      expect(await store.replace(key, 1, stateAt(2))).toBe(true)
      expect(await store.read(key)).toEqual(stateAt(2))
    })

    it('replaces nothing where there is none', async () => {
      const key = newKey()
      expect(await stores[0].replace(key, 0, stateAt(1))).toBe(false)
      expect(await stores[0].read(key)).toBeNull()
    })

    it('compares versions as numbers', async () => {
      const key = newKey()
      await stores[0].replace(key, null, stateAt(10))
      expect(await stores[0].replace(key, 1, stateAt(11))).toBe(false)
      expect(await stores[0].replace(key, 10, stateAt(11))).toBe(true)
    })

    it('keeps sessions and tenants apart', async () => {
      const key = newKey()
      await stores[0].replace(key, null, stateAt(1))
      expect(await stores[0].read({ ...key, tenant: newKey().tenant })).toBeNull()
      expect(await stores[0].read({ ...key, session: newKey().session })).toBeNull()
    })

    it('lets exactly one of many begin a session', async () => {
      const key = newKey()
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => stores[at % 2 ? 0 : 1].replace(key, null, stateAt(at + 1))),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
    })

    it('lets 50 calls at once, through two gateways, never pass a cap', async () => {
      const key = newKey()
      const cap = 20
      const passed = await Promise.all(
        Array.from({ length: 50 }, (_, at) => callUnderCap(stores[at % 2 ? 0 : 1], key, cap)),
      )
      expect(passed.filter(Boolean)).toHaveLength(cap)
      expect(await stores[0].read(key)).toMatchObject({ calls: cap, version: cap })
    })
  })
}

/** One call as a gateway makes it: again from the start when somebody was faster. */
async function callUnderCap(store: SessionStore, key: SessionKey, cap: number): Promise<boolean> {
  for (;;) {
    const state = await store.read(key)
    const calls = state?.calls ?? 0
    if (calls >= cap) return false
    const next = { ...stateAt((state?.version ?? 0) + 1), calls: calls + 1 }
    if (await store.replace(key, state?.version ?? null, next)) return true
  }
}

const newKey = (): SessionKey => ({
  tenant: formatId('ten', Date.now(), randomBytes(10)),
  session: formatId('ses', Date.now(), randomBytes(10)),
})

const stateAt = (version: number): SessionState => ({
  format: 'writ.session.v1',
  version,
  startedAtMs: 1,
  labels: [],
  calls: 0,
  denials: 0,
  aborted: null,
  folds: {},
  values: {},
  secrets: [],
  hosts: [],
  pins: {},
})

const RICH: SessionState = {
  ...stateAt(3),
  labels: ['private', 'untrusted'],
  calls: 12,
  aborted: 'budget/calls "é" \u2028\n',
  folds: { 'a/b': [[1, 2.5]], c: [[-1, 9_007_199_254_740_991]] },
  values: { private: { prints: 'AAAA-_aa', full: false }, untrusted: { prints: '', full: true } },
  hosts: ['AAAAAAAA'],
  pins: { 'shop/pay': 'f'.repeat(64) },
}
