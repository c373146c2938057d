import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { AuditRecord, SessionId } from '@writ/contracts'
import { egress, gatewayCall, hook, mcpHook, nextId, recordOf } from './history.suite.ts'
import type { Deed, Written } from './history.suite.ts'
import type { Found, History } from './history.ts'
import { judge } from './judge.ts'
import { sightsOf } from './sight.ts'

const SESSION: SessionId = `ses_${'0'.repeat(26)}`
const NODE = `nod_${'0'.repeat(26)}` as const

function found(written: readonly Written[], change: Partial<History> = {}): Found[] {
  const records = written.map((one) => recordOf(one, SESSION, NODE))
  return judge({
    sights: sightsOf(records),
    isAsked: () => true,
    hasHooks: records.some(({ local }) => local !== null && local.client !== 'sandbox'),
    connections: new Set(['crm']),
    mayMiss: () => false,
    ...change,
  })
}
const factsOf = (written: readonly Written[]) =>
  found(written)
    .map(({ fact }) => fact)
    .toSorted()
const kinds = (written: readonly Written[], change: Partial<History> = {}) =>
  found(written, change).map(({ finding: { kind, severity } }) => [kind, severity])
const with_ = ({ by, fields }: Written, change: Partial<AuditRecord>): Written => ({
  by,
  fields: { ...fields, ...change },
})
const denied = { outcome: 'deny', refusal: 'policy_denied' } as const
const SECOND = 1000
const MINUTE = 60 * SECOND

describe('a connection that the sandbox saw', () => {
  const named = hook(0, 'hook/network.fetch', { hosts: ['Example.org:443'] })

  it('is nothing where a hook had named the host', () => {
    expect(kinds([named, egress(9 * MINUTE, 'example.org')])).toEqual([])
  })

  it.each<[string, Written[], string]>([
    ['no hook named its host', [named, egress(SECOND, 'evil.example')], 'high'],
    ['a hook named it too long ago', [named, egress(11 * MINUTE, 'example.org')], 'high'],
    ['a hook named it only later', [named, egress(-MINUTE, 'example.org')], 'high'],
    [
      'programs ran that could have made it',
      [hook(0, 'hook/shell'), egress(SECOND, 'evil.example')],
      'medium',
    ],
    ['the hook that named it was denied', [with_(named, denied), egress(SECOND, 'example.org')], 'high'],
    [
      'packages were asked for, wherever they come from',
      [hook(0, 'hook/shell', { packages: ['npm/left-pad'] }), egress(SECOND, 'packages.example')],
      'low',
    ],
    ['it was stopped itself', [named, with_(egress(SECOND, 'evil.example'), denied)], 'low'],
  ])('is found where %s', (_, written, severity) => {
    expect(kinds(written)).toEqual([['egress_without_hook', severity]])
  })

  it.each<[string, Written[], Partial<History>?]>([
    ['the host is that of a model', [named, egress(SECOND, 'api.anthropic.com')]],
    [
      'the profile of the sandbox says that it is',
      [
        named,
        egress(SECOND, 'llm.corp.example', {
          facts: [{ kind: 'model_host', operand: 'x', certainty: 'sure' }],
        }),
      ],
    ],
    [
      'more was named than there is room for',
      [hook(0, 'hook/shell', { more: true }), egress(SECOND, 'a.example')],
    ],
    ['the session has no hooks at all', [egress(SECOND, 'evil.example')]],
    [
      'records of the device may be missing',
      [named, egress(SECOND, 'evil.example')],
      { mayMiss: (side) => side === 'device' },
    ],
  ])('is nothing where %s', (_, written, change = {}) => {
    expect(kinds(written, change)).toEqual([])
  })

  it('is found once for a host in ten minutes', () => {
    const facts = found([
      named,
      egress(1, 'evil.example'),
      egress(2, 'evil.example'),
      egress(3, 'worse.example'),
    ])
    expect(new Set(facts.map(({ fact }) => fact)).size).toBe(2)
  })
})

const after = (toolUse: string | null, conversation: string | null = 'c-1') =>
  hook(MINUTE, 'hook/shell', { moment: 'after', toolUse, conversation })

describe('what came of a tool use', () => {
  const before = hook(0, 'hook/shell', { toolUse: 't-1' })

  it.each<[string, Written[]]>([
    ['it was decided before', [before, after('t-1')]],
    ['it was decided where no conversation was named', [before, after('t-1', null)]],
    ['the client does not say which use it was', [after(null)]],
  ])('is nothing where %s', (_, written) => {
    expect(kinds(written)).toEqual([])
  })

  it.each<[string, Written[]]>([
    ['another one was decided', [before, after('t-2')]],
    ['it was decided in another conversation', [before, after('t-1', 'c-2')]],
    ['it was denied', [with_(before, denied), after('t-1')]],
  ])('is found where %s', (_, written) => {
    expect(kinds(written)).toEqual([['effect_without_decision', 'high']])
  })

  it('is nothing where the decision may be missing, but for one that was denied', () => {
    expect(kinds([after('t-1')], { mayMiss: () => true })).toEqual([])
    expect(kinds([with_(before, denied), after('t-1')], { mayMiss: () => true })).toHaveLength(1)
  })

  it('that a tenant only observes was let happen', () => {
    const observed = hook(0, 'hook/shell', { toolUse: 't-1', observed: true })
    expect(kinds([observed, after('t-1')])).toEqual([])
  })
})

describe('a call of a tool', () => {
  const told = mcpHook(0, 'look', { toolUse: 't-1' })
  const seen = gatewayCall(50, 'look', 'a')
  const asked: Partial<AuditRecord> = {
    outbound: {
      outcome: 'ask',
      matches: [],
      signals: [],
      modified: false,
      byDefault: false,
      labels: [],
      hidden: [],
      approval: null,
    },
  }

  it.each<[string, Written[], Partial<History>?]>([
    ['both saw it', [told, seen]],
    ['both saw it, by clocks that are apart', [mcpHook(20 * SECOND, 'look'), seen]],
    ['a gateway saw it again, in the same bytes', [told, seen, gatewayCall(SECOND, 'look', 'a')]],
    ["it goes to a server that is none of the tenant's", [mcpHook(0, 'look', {}, 'local')]],
    ['a person was asked, and may have said no', [with_(told, asked)]],
    ['it was denied', [with_(told, denied)]],
    ['records of gateways may be missing', [told], { mayMiss: (side) => side === 'gateway' }],
    [
      'records of the device may be missing',
      [hook(0, 'hook/shell'), seen],
      { mayMiss: (side) => side === 'device' },
    ],
    ['nothing tells of a live conversation', [hook(-11 * MINUTE, 'hook/shell'), seen]],
    ['its conversation had ended', [hook(-MINUTE, 'hook/shell', { moment: 'conversation.end' }), seen]],
    ['only a sandbox tells of the session', [egress(0, 'api.anthropic.com'), seen]],
  ])('is nothing where %s', (_, written, change = {}) => {
    expect(kinds(written, change)).toEqual([])
  })

  it.each<[string, Written[], string[][]]>([
    ['no gateway saw it', [told], [['hook_without_gateway', 'low']]],
    [
      'no gateway saw it, and it had a result',
      [told, hook(SECOND, 'hook/mcp.call', { moment: 'after', toolUse: 't-1' })],
      [['hook_without_gateway', 'high']],
    ],
    [
      'a gateway saw another tool',
      [told, gatewayCall(50, 'delete', 'b')],
      [
        ['hook_without_gateway', 'low'],
        ['gateway_without_hook', 'medium'],
      ],
    ],
    [
      'a gateway saw it minutes later',
      [told, gatewayCall(3 * MINUTE, 'look', 'b')],
      [
        ['hook_without_gateway', 'low'],
        ['gateway_without_hook', 'medium'],
      ],
    ],
    ['no hook told of it', [hook(0, 'hook/shell'), seen], [['gateway_without_hook', 'medium']]],
    [
      'no hook told of it, and it was refused',
      [hook(0, 'hook/shell'), with_(seen, denied)],
      [['gateway_without_hook', 'low']],
    ],
    [
      'another conversation had ended, and no hook of this one told of it',
      [
        hook(-2 * MINUTE, 'hook/shell', { conversation: 'c-2' }),
        hook(-MINUTE, 'hook/shell', { moment: 'conversation.end' }),
        seen,
      ],
      [['gateway_without_hook', 'medium']],
    ],
    ['the hook had denied it', [with_(told, denied), seen], [['gateway_without_hook', 'medium']]],
    [
      'it was made twice, in other bytes, after one hook',
      [told, seen, gatewayCall(SECOND, 'look', 'b')],
      [['gateway_without_hook', 'medium']],
    ],
  ])('is found where %s', (_, written, expected) => {
    expect(kinds(written)).toEqual(expected)
  })

  it('among thousands at once is matched in no time, and the one that is missing is the only one', () => {
    const hooks = Array.from({ length: 20_000 }, (_, n) => mcpHook(n, 'look'))
    const calls = Array.from({ length: 19_999 }, (_, n) => gatewayCall(n + 40_000, 'look', n.toString(16)))
    const sights = [...hooks, ...calls]
    const fromMs = performance.now()
    const facts = found(sights)
    expect(facts.map(({ finding }) => finding.kind)).toEqual(['hook_without_gateway'])
    expect(performance.now() - fromMs).toBeLessThan(10_000)
  })

  it('that is missing is missed where it should be', () => {
    const second = mcpHook(10 * SECOND, 'look')
    const facts = found([told, second, gatewayCall(10 * SECOND + 50, 'look', 'b')])
    expect(facts.map(({ about }) => about.decision)).toEqual([told.fields.decisionId])
  })
})

/** What an agent that nothing is hidden from us of may do, with all of its records, `startMs` after the start of its session. */
const deeds: readonly ((startMs: number, serial: number) => Deed)[] = [
  (ms, n) => ({
    records: [
      hook(ms, 'hook/shell', { toolUse: `use ${n}`, hosts: [`h${n}.example`] }),
      egress(ms + 400, `h${n}.example`),
      hook(ms + 900, 'hook/shell', { toolUse: `use ${n}`, moment: 'after' }),
    ],
  }),
  (ms, n) => ({
    records: [
      mcpHook(ms, 'look', { toolUse: `use ${n}` }),
      gatewayCall(ms + 80, 'look', n.toString(16)),
      hook(ms + 200, 'hook/mcp.call', { toolUse: `use ${n}`, moment: 'after' }),
    ],
  }),
  (ms, n) => ({
    records: [mcpHook(ms, `tool-${n % 3}`), gatewayCall(ms + 1500, `tool-${n % 3}`, n.toString(16))],
  }),
  (ms) => ({ records: [egress(ms, 'api.openai.com'), hook(ms + 5, 'hook/file.read', {})] }),
  (ms, n) => ({ records: [with_(hook(ms, 'hook/shell', { toolUse: `use ${n}` }), denied)] }),
]

const histories = fc
  .array(fc.record({ deed: fc.nat(deeds.length - 1), afterMs: fc.integer({ min: 4000, max: 90_000 }) }), {
    minLength: 3,
    maxLength: 25,
  })
  .map((steps) => {
    let ms = 0
    return steps.map(({ deed, afterMs }, n) => {
      ms += afterMs
      return deeds[deed]?.(ms, n) ?? { records: [] }
    })
  })
const START = hook(0, 'hook/file.read', { moment: 'conversation.start' })
const all = (history: readonly Deed[]) => [START, ...history.flatMap(({ records }) => records)]

/** What leaving out that record of a deed makes to be found. */
const missed = ({ records }: Deed, out: Written): string | null => {
  const others = records.filter((one) => one !== out)
  const has = (by: Written['by']) => others.some((one) => one.by === by)
  if (out.by === 'gateway') return 'hook_without_gateway'
  if (out.by !== 'hook' || out.fields.refusal) return null
  if (has('gateway')) return 'gateway_without_hook'
  return has('result') ? 'effect_without_decision' : null
}

describe('a history', () => {
  it('of which nothing is missing has no findings', () => {
    fc.assert(
      fc.property(histories, (history) => {
        expect(found(all(history))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('of which one record is left out shows it, and nothing of any other deed', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.nat(), (history, nth, which) => {
        const deed = history[nth % history.length]
        const out = deed?.records[which % deed.records.length]
        if (!deed || !out) return
        const wanted = missed(deed, out)
        const facts = found(all(history).filter((one) => one !== out))
        const own = new Set(deed.records.map(({ fields }) => fields.decisionId))
        expect(facts.every(({ about }) => own.has(about.decision))).toBe(true)
        expect(wanted === null || facts.some(({ finding }) => finding.kind === wanted)).toBe(true)
        if (
          out.by === 'hook' &&
          deed.records.some(({ by }) => by === 'sandbox') &&
          out.fields.local?.hosts.length
        )
          expect(facts.map(({ finding }) => finding.kind)).toContain('egress_without_hook')
      }),
      { numRuns: 500 },
    )
  })

  it('is judged alike in whatever order its records arrive', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (history, order) => {
        const left = all(history).filter((_, at) => at % 4 !== 1)
        const keys = new Map(left.map((one) => [one, order.next().value]))
        const shuffled = left.toSorted((one, two) => (keys.get(one) ?? 0) - (keys.get(two) ?? 0))
        expect(factsOf(shuffled)).toEqual(factsOf(left))
      }),
      { numRuns: 100 },
    )
  })
})

describe('an id', () => {
  it('of a record stands in its finding', () => {
    const [one] = found([hook(0, 'hook/shell'), gatewayCall(50, 'look', 'a')])
    expect(one?.finding.decisions).toEqual([one?.about.decision])
    expect(nextId('dec')).not.toBe(nextId('dec'))
  })
})
