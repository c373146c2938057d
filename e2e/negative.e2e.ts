import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { REFUSALS } from '@writ/contracts'
import { forgeRequest, NEGATIVE_CASES, POSITIVES } from '@writ/identity/suites'
import type { AttackKit, Wire } from '@writ/identity/suites'
import { attackKit } from './drivers/attack.ts'
import { eventually, storedRecords } from './drivers/ledger.ts'
import { exchange, requestText } from './drivers/raw.ts'
import type { RawAnswer } from './drivers/raw.ts'
import { WIRE_CASES } from './drivers/wire-cases.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

// What the other rows need is a gateway of another setting; they run against the verifier itself and in the outage tests.
const served = NEGATIVE_CASES.filter(({ needs }) => needs === undefined || needs === 'authority')
const positives = POSITIVES.filter(({ needs }) => needs === undefined)

const send = async (wire: Wire): Promise<RawAnswer> => {
  const [answer] = await exchange(wire.url, requestText(wire))
  if (!answer) throw new Error('no answer came')
  return answer
}

describe('over a bare socket to a gateway,', () => {
  let world: World
  let kit: AttackKit
  const recorded: { id: string; decisionId: string; code: string }[] = []

  beforeAll(async () => {
    world = await startWorld({
      redis: 'required',
      // All rows come from one address and most of them under one token.
      tuning: {
        gateway: { WRIT_LIMIT_FAILURES_PER_ADDRESS: '100000', WRIT_LIMIT_FAILURES_PER_AGENT: '100000' },
      },
    })
    kit = (await attackKit(world)).kit
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const now = (): AttackKit => ({ ...kit, nowMs: Date.now() })
  const called = (): number => world.acme.upstream.seen.length
  /** The same request without what was wrong passes, with the same jti: nothing that was refused used it up. */
  const expectToPass = async (repaired: Wire): Promise<void> => {
    const before = called()
    expect((await send(repaired)).status).toBe(200)
    expect(called()).toBe(before + 1)
  }

  describe('a request with one thing wrong is refused:', () => {
    it.each(served.map((row) => [row.id, row.title, row] as const))('%s %s', async (id, _title, row) => {
      const attack = row.mutate(now())
      if (attack.prelude) expect((await send(attack.prelude)).status).toBe(200)
      const before = called()
      const { status, fields, text } = await send(attack)
      const challenge = fields.get('www-authenticate') ?? ''
      const { code, ...expected } = row.expected
      expect({ status, error: /error="(\w+)"/.exec(challenge)?.[1] ?? null }).toEqual(expected)
      expect(challenge).toMatch(/^DPoP .*algs="ES256", resource_metadata="http/)
      expect(fields.get('cache-control')).toBe('no-store')
      expect(fields.has('dpop-nonce')).toBe(code === 'nonce_required')
      expect(text).toContain(String(REFUSALS[code].rpc))
      expect(called()).toBe(before)
      recorded.push({ id, decisionId: fields.get('writ-decision-id') ?? '', code })
      await expectToPass(attack.repaired)
    })

    it('and leaves exactly one closed record each, with no intent and no lease', async () => {
      expect(recorded.length).toBe(served.length)
      const records = await eventually('the records', async () => {
        const stored = await storedRecords(world, world.acme.id)
        const ids = new Set(stored.map(({ decisionId }) => decisionId as string))
        return recorded.every(({ decisionId }) => ids.has(decisionId)) ? stored : undefined
      })
      const byDecision = groupedBy(records)
      for (const { id, decisionId, code } of recorded) {
        const found = byDecision.get(decisionId) ?? []
        expect([id, found.map(({ kind, refusal, credential }) => [kind, refusal, credential])]).toEqual([
          id,
          [['closed', code, null]],
        ])
      }
    }, 60_000)
  })

  describe('a request passes when it', () => {
    it.each(positives.map((positive) => [positive.title, positive.mutation] as const))(
      '%s',
      async (_title, mutation) => {
        const moment = now()
        const before = called()
        expect((await send(forgeRequest(moment, moment.newJti(), mutation))).status).toBe(200)
        expect(called()).toBe(before + 1)
      },
    )
  })

  describe('bytes that HTTP libraries do not send are refused:', () => {
    it.each(WIRE_CASES.map((row) => [row.title, row] as const))('%s', async (_title, row) => {
      const moment = now()
      const wire = forgeRequest(moment, moment.newJti(), row.mutation ?? {})
      const before = called()
      const answers = await exchange(wire.url, row.text(wire), 1_500)
      expect(answers.map(({ status }) => status)).toEqual(row.statuses)
      expect(called()).toBe(before + row.statuses.filter((status) => status === 200).length)
      if (!row.statuses.includes(200)) await expectToPass(forgeRequest(moment, jtiOf(wire), {}))
    })
  })
})

type Records = Awaited<ReturnType<typeof storedRecords>>

function groupedBy(records: Records): ReadonlyMap<string, Records> {
  const groups = new Map<string, Records>()
  for (const record of records)
    groups.set(record.decisionId, [...(groups.get(record.decisionId) ?? []), record])
  return groups
}

const jtiOf = ({ headers }: Wire): string => {
  const [, claims = ''] = (headers.find(([name]) => name === 'DPoP')?.[1] ?? '').split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).jti
}
