import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { CLIENT_ROWS } from './negative/client-rows.suite.ts'
import { send } from './negative/draft.suite.ts'
import {
  CODE_ROWS,
  DELEGATION_ROWS,
  DEVICE_ROWS,
  ID_TOKEN_ROWS,
  RENEWAL_ROWS,
} from './negative/grant-rows.suite.ts'
import { givenStage } from './negative/stage.suite.ts'
import type { Stage } from './negative/stage.suite.ts'

jest.setTimeout(60_000)

let stage: Stage
beforeAll(async () => {
  stage = await givenStage()
})
// An agent has so many living sessions at most; each row begins a few.
afterEach(() => stage.plane.query(`update writ.sessions set last_token_at = now() - interval '1 hour'`))
afterAll(() => stage?.close())

const TABLES = {
  'by its own credentials': CLIENT_ROWS,
  'to renew': RENEWAL_ROWS,
  'with a delegation': DELEGATION_ROWS,
  'with an ID token': ID_TOKEN_ROWS,
  'with a code': CODE_ROWS,
  'for a device': DEVICE_ROWS,
}

describe.each(Object.entries(TABLES))('a token request %s, with one thing wrong', (_, rows) => {
  it.each(rows.map((row) => [row.id, row.title, row] as const))(
    '%s %s is refused',
    async (_id, _title, row) => {
      const draft = await row.valid(stage)
      const changed = await row.change(draft, stage)
      const got = await send(stage.plane, changed)
      expect([got.status, got.error]).toEqual(row.expected)
      expect(got.body.access_token).toBeUndefined()
      expect(got.headers['cache-control']).toBe('no-store')
      expect('dpop-nonce' in got.headers).toBe(got.error === 'use_dpop_nonce')
      // The same values without the change: what was refused has used none of them up, and nothing else was wrong.
      const repaired = await send(stage.plane, row.isOver ? await row.valid(stage) : draft)
      expect([repaired.status, repaired.error]).toEqual([200, null])
    },
  )
})
