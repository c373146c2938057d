import { describe, expect, it } from '@jest/globals'
import type { ToolAuthorizations } from '@writ/contracts'
import { call, IDS, mediated, whole } from './given.suite.ts'
import type { Given } from './given.suite.ts'
import type { Answer } from './stages.ts'

const entry = (change: object = {}): ToolAuthorizations[number] => ({ type: 'writ_tool', ...change })
const having = (...entries: ToolAuthorizations): Given => ({ claims: { authorization_details: entries } })
const codeOf = (answer: Answer): string => (answer.kind === 'refusal' ? answer.refusal.code : answer.kind)
const codeUnder = async (given: Given): Promise<string> => codeOf((await mediated(given)).answer)
const saying = (method: string, params: object = {}): Given => ({
  message: { jsonrpc: '2.0', id: 7, method, params },
  answer: whole({ jsonrpc: '2.0', id: 7, result: {} }),
})

describe('a token with authorization details', () => {
  it.each<readonly [string, ToolAuthorizations]>([
    ['of no narrowing at all', [entry()]],
    ['of its connection', [entry({ connections: ['tools'] })]],
    ['of its tool', [entry({ tools: ['lookup_order'] })]],
    ['of tools like it', [entry({ tools: ['lookup_*'] })]],
    ['of every tool', [entry({ tools: ['*'] })]],
    ['of its class', [entry({ classes: ['read.private', 'read.public', 'read.untrusted'] })]],
    ['of one of several that fit', [entry({ tools: ['pay'] }), entry({ tools: ['lookup_order'] })]],
    [
      'of everything at once',
      [entry({ connections: ['tools'], tools: ['*order'], classes: ['read.private'] })],
    ],
  ])('is good for a call by an entry %s', async (_what, details) => {
    expect(await codeUnder(having(...details))).toBe('whole')
  })

  it.each<readonly [string, ToolAuthorizations]>([
    ['another connection', [entry({ connections: ['other'] })]],
    ['another tool', [entry({ tools: ['lookup_orders', 'Lookup_order', 'lookup'] })]],
    ['tools unlike it', [entry({ tools: ['get_*', '*_orders'] })]],
    ['another class', [entry({ classes: ['write.local', 'admin'] })]],
    [
      'parts of it in several entries',
      [
        entry({ tools: ['lookup_order'], connections: ['other'] }),
        entry({ connections: ['tools'], tools: ['pay'] }),
      ],
    ],
  ])('is refused for a call by an entry for %s', async (_what, details) => {
    const { answer, log } = await mediated(having(...details))
    expect(codeOf(answer)).toBe('scope_insufficient')
    expect(log).toEqual(['close scope_insufficient'])
  })

  it('is good for what begins a connection, whatever tools it is for', async () => {
    const narrow = having(entry({ tools: ['lookup_order'], classes: ['write.local'] }))
    for (const method of ['initialize', 'ping', 'tools/list'])
      expect([method, await codeUnder({ ...narrow, ...saying(method) })]).toEqual([method, 'whole'])
  })

  it('is not good for what begins another connection', async () => {
    expect(await codeUnder({ ...having(entry({ connections: ['other'] })), ...saying('tools/list') })).toBe(
      'scope_insufficient',
    )
  })

  it('is not good for a method that names nothing, where it is for some tools only', async () => {
    const listen = saying('logging/setLevel', { level: 'info' })
    expect(await codeUnder({ ...having(entry({ tools: ['*'] })), ...listen })).toBe('scope_insufficient')
    expect(await codeUnder({ ...having(entry()), ...listen })).toBe('whole')
  })

  it('is shown of a listing what it was given for', async () => {
    const tools = ['lookup_order', 'lookup_stock', 'pay'].map((name) => ({
      name,
      inputSchema: { type: 'object' },
    }))
    const { answer, entry: seen } = await mediated({
      ...having(entry({ tools: ['lookup_*'] })),
      message: { jsonrpc: '2.0', id: 7, method: 'tools/list' },
      answer: whole({ jsonrpc: '2.0', id: 7, result: { tools } }),
    })
    const text = answer.kind === 'whole' ? new TextDecoder().decode(answer.body) : ''
    expect([...text.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)).toEqual([
      'lookup_order',
      'lookup_stock',
    ])
    expect(seen?.hidden).toEqual(['pay'])
  })

  it('never widens what policy denies', async () => {
    const rules: Given['rules'] = [
      {
        id: 'no',
        effect: 'deny',
        on: ['outbound'],
        when: { path: 'action.tool', op: 'eq', value: 'lookup_order' },
        reason: 'No.',
      },
    ]
    expect(await codeUnder({ ...having(entry()), rules })).toBe('policy_denied')
    expect(
      await codeUnder({
        ...having(entry()),
        bundle: { agents: [{ id: IDS.agent, name: 'a', groups: [`grp_${'9'.repeat(26)}`], epoch: 0 }] },
      }),
    ).toBe('connection_forbidden')
  })

  it('costs no more time for a name that was made to cost it', async () => {
    const patterns = Array.from({ length: 20 }, () => `${'*a'.repeat(99)}b`)
    const begun = performance.now()
    const name = 'a'.repeat(2_000)
    expect(await codeUnder({ ...having(entry({ tools: patterns })), message: call({}, name) })).toBe(
      'scope_insufficient',
    )
    expect(performance.now() - begun).toBeLessThan(1_000)
  })
})
