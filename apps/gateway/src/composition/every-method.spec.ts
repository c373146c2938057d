import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { METHODS } from '@writ/mcp'
import * as fc from 'fast-check'
import type { GivenGateway } from './given-composition.fixture.ts'
import { givenGateway } from './given-composition.fixture.ts'
import { startPlain } from './upstreams.fixture.ts'
import type { RealServer } from './upstreams.fixture.ts'

let servers: RealServer[]
let gateway: GivenGateway
beforeAll(async () => {
  servers = await Promise.all([0, 1].map(() => startPlain(() => ({ task: { taskId: 'a task' } }))))
  const [files, notes] = servers.map(({ url }) => url)
  gateway = await givenGateway({ upstreams: { files: files ?? '', notes: notes ?? '' } })
})
afterAll(async () => {
  await gateway.close()
  for (const server of servers) await server.close()
})

const reached = (): number => servers.reduce((sum, { seen }) => sum + seen.length, 0)
const sent = (): number => gateway.closed.filter((entry) => entry.sent).length

/** Every method that a client may send, as an agent names things at this endpoint. */
const SENDABLE = Object.entries(METHODS).filter(
  ([name, { from }]) => from !== 'server' && !name.startsWith('http/') && name !== 'response',
)

async function paramsFor(named: string | null): Promise<object> {
  if (named === 'name') return { name: 'files__tool' }
  if (named === 'uri') return { uri: 'writ+files:a:b' }
  if (named === 'ref')
    return { ref: { type: 'ref/prompt', name: 'files__greet' }, argument: { name: 'a', value: '' } }
  if (named !== 'taskId') return {}
  const begun = await gateway.rpc('tools/call', { name: 'files__tool' })
  return { taskId: /"taskId":"([^"]+)"/.exec(begun.text)?.[1] ?? '' }
}

describe('every method of both eras, at the composed server', () => {
  it.each(SENDABLE)(
    '%s reaches upstreams by mediation alone, and leaves a record',
    async (method, { named }) => {
      const params = await paramsFor(named)
      const [before, recorded] = [reached() - sent(), gateway.closed.length]
      const isNotification = method.startsWith('notifications/')
      const answer = await gateway.fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', ...(isNotification ? {} : { id: 1 }), method, params }),
      })
      await answer.text()
      expect(answer.status).not.toBe(500)
      expect(gateway.closed.length).toBeGreaterThan(recorded)
      expect(reached() - sent()).toBe(before)
      expect(gateway.bugs).toEqual([])
    },
  )

  it('takes whatever an agent writes without a bug, and without an upstream call that is not recorded', async () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'files__tool',
        'search_tools',
        'call_tool',
        'files_aaaaaaaaaaaaaaaaaaaa_x',
        'writ+files:a',
        'files:n:1',
        'e30',
        'W10',
      ),
    )
    const value = fc.oneof(
      name,
      fc.jsonValue({ maxDepth: 2 }),
      fc.record({
        name,
        query: name,
        arguments: fc.jsonValue({ maxDepth: 1 }),
        type: fc.constantFrom('ref/prompt', 'ref/resource'),
        uri: name,
      }),
    )
    const keys = fc.constantFrom(
      'name',
      'uri',
      'ref',
      'arguments',
      'cursor',
      'taskId',
      'requestState',
      'progressToken',
      'requestId',
      'notifications',
      'protocolVersion',
      '_meta',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SENDABLE.map(([method]) => method)),
        fc.dictionary(keys, value),
        fc.option(name),
        async (method, params, id) => {
          const before = reached() - sent()
          const answer = await gateway.fetch(gateway.url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
            body: JSON.stringify({ jsonrpc: '2.0', ...(id === null ? {} : { id }), method, params }),
          })
          await answer.text()
          expect(answer.status).not.toBe(500)
          expect(gateway.bugs).toEqual([])
          expect(reached() - sent()).toBe(before)
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)
})
