import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { METHODS } from '@writ/mcp'
import type { MethodRow } from '@writ/mcp'
import { currentOf, id, IDS, mediated, result, SECRET, stream, whole } from './given.suite.ts'
import type { Given, Happened } from './given.suite.ts'
import type { Answer } from './stages.ts'

// Every row of the method table against everything that mediation is there for. A new row has its six by being one; nothing is left out.
const COLUMNS = ['authentication', 'policy', 'credential', 'record', 'tenant', 'rate'] as const
type Column = (typeof COLUMNS)[number]
type Six = Readonly<Record<Column, (given: Given, method: string) => Promise<void>>>

const NAMED = { name: 'x', uri: 'file:///x', taskId: 'x', ref: { type: 'ref/prompt', name: 'x' } }
const MARK = 'words-of-the-server'

/** One message of a row, as its sender writes it. */
function messageOf(method: string, row: MethodRow, more: object = {}): object {
  const params = { ...more, ...(row.named === null ? {} : { [row.named]: NAMED[row.named] }) }
  return { jsonrpc: '2.0', ...(method.startsWith('notifications/') ? {} : { id: 31 }), method, params }
}

function sentByAgent(method: string, row: MethodRow): Given {
  const answer = whole({ jsonrpc: '2.0', id: 31, result: { said: `${MARK} ${SECRET}` } })
  // What is no request has no answer, and can be turned down.
  const no = whole({ jsonrpc: '2.0', id: null, error: { code: -32_000, message: `${MARK} ${SECRET}` } })
  if (method === 'http/get') return { verb: 'GET', answer }
  if (method === 'http/delete') return { verb: 'DELETE', answer: no }
  if (method === 'response')
    return { message: { jsonrpc: '2.0', id: 31, result: { said: 'by the agent' } }, answer: no }
  return { message: messageOf(method, row), answer: method.startsWith('notifications/') ? no : answer }
}

/** The message comes down in a stream that the agent opened by a call, or by GET. */
const sentByServer = (method: string, row: MethodRow, verb: 'POST' | 'GET'): Given => ({
  verb,
  answer: stream(
    method === 'response'
      ? { jsonrpc: '2.0', id: 7, result: { said: `${MARK} ${SECRET}` } }
      : messageOf(method, row, { said: `${MARK} ${SECRET}` }),
    result('the end'),
  ),
})

const denying = (method: string, on: 'outbound' | 'inbound'): Rule => ({
  id: 'not-this-method',
  effect: 'deny',
  on: [on],
  when: { path: 'action.method', op: 'eq', value: method },
  reason: 'Not here.',
})

const codeOf = (answer: Answer): string => (answer.kind === 'refusal' ? answer.refusal.code : answer.kind)

async function saidTo({ answer }: Happened): Promise<string> {
  const headers = answer.kind === 'refusal' ? '' : JSON.stringify(answer.headers)
  if (answer.kind === 'refusal') return JSON.stringify(answer)
  if (answer.kind === 'whole') return headers + new TextDecoder().decode(answer.body)
  let text = headers
  for await (const frame of answer.frames) text += new TextDecoder().decode(frame)
  return text
}

/** Nothing left this gateway, and one closed record says so. */
function refused({ answer, log, forwarded, lent }: Happened, code: string): void {
  expect(codeOf(answer)).toBe(code)
  expect(log).toEqual([`close ${code}`])
  expect([...forwarded, ...lent]).toEqual([])
}

const OTHER = id('ten')
const FULL: Given['brakes'] = {
  failed: () => null,
  hasRoom: () => ({ seconds: 3, isFirst: true }),
  unkept: () => null,
  called: () => {},
}

const unproven = async (given: Given): Promise<void> => {
  refused(await mediated({ ...given, headers: { authorization: [] } }), 'credentials_missing')
  refused(await mediated({ ...given, headers: { dpop: [] } }), 'proof_invalid')
  refused(await mediated({ ...given, claims: { exp: 1 } }), 'token_invalid')
  refused(await mediated({ ...given, bundle: { revokedSessions: [IDS.session] } }), 'token_revoked')
}

const ofAnotherTenant = async (given: Given): Promise<void> => {
  refused(await mediated({ ...given, claims: { tid: OTHER } }), 'token_invalid')
  refused(await mediated({ ...given, claims: { iss: 'https://id.writ.test/t/beta/oauth' } }), 'token_invalid')
  refused(await mediated({ ...given, tenantSlug: 'beta' }), 'token_invalid')
  refused(await mediated({ ...given, connectionName: 'of-beta' }), 'connection_unknown')
}

const overTheRate = async (given: Given): Promise<void> =>
  refused(await mediated({ ...given, brakes: FULL }), 'rate_limited')

const OF_THE_AGENT: Six = {
  authentication: unproven,
  policy: async (given, method) =>
    refused(await mediated({ ...given, rules: [denying(method, 'outbound')] }), 'policy_denied'),
  credential: async (given) => {
    const happened = await mediated(given)
    expect(happened.lent).toEqual([SECRET])
    expect(happened.forwarded.join()).not.toMatch(/DPoP|eyJ|cs_live/)
    const said = await saidTo(happened)
    expect(said).toContain(`${MARK} [credential]`)
    expect(said).not.toContain(SECRET)
    const without = await mediated({ ...given, lease: new Refusal('credential_unavailable') })
    expect(codeOf(without.answer)).toBe('credential_unavailable')
    expect(without.forwarded).toEqual([])
  },
  record: async (given, method) => {
    const { log, entry } = await mediated(given)
    expect(log).toEqual(['open', 'inject', 'forward', 'close answered'])
    expect(entry?.action?.method).toBe(method)
    const unopened = await mediated({ ...given, opens: new Refusal('record_unavailable') })
    expect(unopened.log).toEqual(['open', 'close record_unavailable'])
    const unclosed = await mediated({ ...given, closes: new Refusal('record_unavailable') })
    expect(await saidTo(unclosed)).not.toContain(MARK)
    expect(codeOf(unclosed.answer)).toBe('record_unavailable')
  },
  tenant: ofAnotherTenant,
  rate: overTheRate,
}

const OF_THE_SERVER: Six = {
  authentication: async (given) => {
    await unproven(given)
    expect(await saidTo(await mediated({ ...given, laterMs: () => 301_000 }))).not.toContain(MARK)
    const happened = await mediated(given)
    happened.edit({ revokedSessions: [IDS.session] })
    expect(await saidTo(happened)).not.toContain(MARK)
  },
  policy: async (given, method) => {
    const happened = await mediated({ ...given, rules: [denying(method, 'inbound')] })
    expect(await saidTo(happened)).not.toContain(MARK)
    expect(happened.entry?.inbound).toMatchObject({ outcome: 'deny', matches: [{ rule: 'not-this-method' }] })
    const later = await mediated(given)
    later.edit({ policies: policiesOf([denying(method, 'inbound')]) })
    expect(await saidTo(later)).not.toContain(MARK)
  },
  credential: async (given) => {
    const happened = await mediated(given)
    const said = await saidTo(happened)
    expect(said).toContain(`${MARK} [credential]`)
    expect(said).not.toContain(SECRET)
    expect(happened.lent).toEqual([SECRET])
  },
  record: async (given) => {
    const happened = await mediated(given)
    expect(await saidTo(happened)).toContain(MARK)
    expect(happened.log).toEqual(['open', 'inject', 'forward', 'close answered'])
    expect(happened.entry).toMatchObject({ inbound: { outcome: 'allow' }, response: { status: 200 } })
    const unopened = await mediated({ ...given, opens: new Refusal('record_unavailable') })
    expect(await saidTo(unopened)).not.toContain(MARK)
  },
  tenant: async (given) => {
    await ofAnotherTenant(given)
    const happened = await mediated(given)
    const { bundle } = currentOf({})
    happened.edit({ tenant: { ...bundle.tenant, suspended: true } })
    expect(await saidTo(happened)).not.toContain(MARK)
  },
  rate: overTheRate,
}

const policiesOf = (rules: readonly Rule[]) => currentOf({ rules: [...rules] }).bundle.policies

const rowsOf = (side: 'client' | 'server') =>
  Object.entries(METHODS).filter(([, { from }]) => from === side || from === 'both')
const crossed = (rows: readonly (readonly [string, MethodRow])[]) =>
  rows.flatMap(([method, row]) => COLUMNS.map((column) => [method, column, row] as const))

describe('whatever an agent can send has its', () => {
  it.each(crossed(rowsOf('client')))('%s: %s', async (method, column, row) => {
    await OF_THE_AGENT[column](sentByAgent(method, row), method)
  })
})

describe('whatever a server can send has its', () => {
  // The answer to a call is no method of its own: the rules of the call are asked, which the rows of the agent hold.
  const rows = rowsOf('server').filter(([method]) => method !== 'response')

  it.each(crossed(rows))('%s: %s', async (method, column, row) => {
    for (const verb of ['POST', 'GET'] as const)
      await OF_THE_SERVER[column](sentByServer(method, row, verb), method)
  })

  it.each(COLUMNS)('answers: %s', async (column) => {
    const row = METHODS['response']
    if (row === undefined) throw new Error('there is no row for answers')
    await OF_THE_SERVER[column](sentByServer('response', row, 'POST'), 'tools/call')
  })
})

describe('what has no row', () => {
  const ofServers = rowsOf('server').filter(([, { from }]) => from === 'server')
  const ofAgents = rowsOf('client').filter(
    ([method, { from }]) => from === 'client' && !method.startsWith('http/'),
  )
  const like = METHODS['logging/setLevel']
  if (like === undefined) throw new Error('there is no row to be like')
  const NOBODYS = ['vendor/steal', 'notifications/vendor', 'response', 'http/get', 'constructor'].map(
    (method) => [method, like] as const,
  )

  it.each([...NOBODYS, ...ofServers])('is refused to an agent: %s', async (method, row) => {
    refused(await mediated({ message: messageOf(method, row) }), 'method_unknown')
  })

  it.each([...NOBODYS, ...ofAgents])('does not come down from a server: %s', async (method, row) => {
    for (const verb of ['POST', 'GET'] as const) {
      const message = messageOf(method, row, { said: MARK })
      const happened = await mediated({ verb, answer: stream(message, result('the end')) })
      const said = await saidTo(happened)
      expect(said).not.toContain(MARK)
      expect(happened.log.filter((line) => line.startsWith('close'))).toHaveLength(1)
    }
  })
})
