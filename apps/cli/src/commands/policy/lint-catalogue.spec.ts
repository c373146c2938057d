import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { givenServer, json } from '../../given-server.suite.ts'
import type { GivenServer } from '../../given-server.suite.ts'
import { objectIn, writ } from '../../given-terminal.suite.ts'

const API_KEY = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`

let folder = ''
let server: GivenServer | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-lint-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.stop()
  server = null
})

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const lint = (...args: readonly string[]) => writ(['policy', 'lint', ...args])

const inputSchema = { type: 'object', properties: { amount: { type: 'integer' } }, required: ['amount'] }
const OFFERS = [{ connection: 'shop', tools: [{ name: 'refund', class: 'money', inputSchema }] }]

const CEDAR = `@id("cap") @reason("No more.")
forbid (principal, action == Action::"shop/refund", resource)
when { context.args.amount > 5000 };
`
const SLIP = CEDAR.replace('args.amount', 'args.amuont')

const RULES = `writ: 1
rules:
  - id: never
    effect: deny
    reason: x
    when: { path: action.tool, op: eq, value: refnd }
`

/** An answer of the API, with what lint does not read. */
const page = (next: string | null) => ({
  items: [
    {
      kind: 'tool',
      name: 'refund',
      pin: 'a'.repeat(64),
      standing: 'new',
      class: 'money',
      classSource: 'inferred',
      inputSchema,
    },
    { kind: 'prompt', name: 'refnd', class: null, classSource: null, inputSchema: null },
  ],
  next,
})

describe('policy lint --catalogue', () => {
  it('asks the validator of Cedar, with the schema of the tools', async () => {
    const catalogue = file('tools.json', OFFERS)
    const fit = await lint('--catalogue', catalogue, file('cap.cedar', CEDAR))
    expect([fit.exitCode, fit.stdout]).toEqual([0, expect.not.stringContaining('cedar-schema')])
    const path = file('slip.cedar', SLIP)
    const { exitCode, stdout } = await lint(path, '--catalogue', catalogue)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/slip\.cedar:3:8: error: attribute `args.amuont`.* \(cedar-schema\)\n/)
    expect((await lint(path)).stdout).not.toContain('cedar-schema')
  })

  it('names line and column of what the validator finds, as JSON too', async () => {
    const path = file('slip.cedar', `${CEDAR}\n\n${SLIP.replace('"cap"', '"slip"')}`)
    const { stdout } = await lint(path, '--catalogue', file('tools.json', OFFERS), '--json')
    expect(objectIn(stdout)['files']).toEqual([
      {
        file: path,
        findings: expect.arrayContaining([
          expect.objectContaining({ level: 'error', code: 'cedar-schema', line: 8, column: 8 }),
        ]),
      },
    ])
  })

  it('says of rules, too, that no tool can match', async () => {
    const path = file('never.yaml', RULES)
    expect((await lint(path)).exitCode).toBe(0)
    const { exitCode, stdout } = await lint(path, '--catalogue', file('tools.json', OFFERS))
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining(`${path}:6:11: warning: never: none of`)])
  })

  it('takes an answer of the API, in a file named after the connection', async () => {
    const shop = file('shop.json', page(null))
    expect((await lint(file('cap.cedar', CEDAR), '--catalogue', shop)).exitCode).toBe(0)
    const other = file('other.json', page(null))
    const named = await lint(file('cap.cedar', CEDAR), '--catalogue', other)
    expect([named.exitCode, named.stdout]).toEqual([1, expect.stringContaining('shop/refund')])
    expect((await lint(file('cap.cedar', CEDAR), '--catalogue', other, '--catalogue', shop)).exitCode).toBe(0)
  })

  it('does not guess the trust of a connection', async () => {
    const text = RULES.replace(
      'path: action.tool, op: eq, value: refnd',
      'path: connection.trust, op: eq, value: internal',
    )
    const path = file('trust.yaml', text)
    expect((await lint(path, '--catalogue', file('tools.json', OFFERS))).exitCode).toBe(0)
    const told = OFFERS.map((offers) => ({ ...offers, trust: 'external' }))
    expect((await lint(path, '--catalogue', file('told.json', told))).exitCode).toBe(1)
  })

  it.each([
    ['tools.json', '{}', 'is no catalogue of tools'],
    ['tools.json', 'not JSON', 'is no catalogue of tools'],
    ['tools.json', JSON.stringify([{ connection: 'shop', tools: [{}] }]), 'is no catalogue of tools'],
    ['My Shop.json', JSON.stringify(page(null)), 'does not say whose tools these are'],
    ['shop.json', JSON.stringify(page('200')), 'holds some of the tools only'],
  ])('is 2 for %s with %s', async (name, text, message) => {
    const { exitCode, stderr } = await lint(file('cap.cedar', CEDAR), '--catalogue', file(name, text))
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  it('is not for --online, which knows the tools', async () => {
    const path = file('cap.cedar', CEDAR)
    const { exitCode, stderr } = await lint(path, '--online', '--catalogue', file('tools.json', OFFERS))
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('cannot be used with')])
  })
})

describe('policy lint --online of Cedar', () => {
  it('sends the text as it is, and shows the lines of the answer', async () => {
    const finding = {
      level: 'error',
      code: 'cedar-schema',
      rule: null,
      path: 'cedar',
      message: 'no such attribute',
      line: 3,
      column: 21,
    }
    server = await givenServer((_, response) => json(response, 200, { findings: [finding] }))
    const path = file('slip.cedar', SLIP)
    const { exitCode, stdout } = await writ(['policy', 'lint', path, '--online', '--url', server.origin], {
      WRIT_API_KEY: API_KEY,
    })
    expect([exitCode, stdout]).toEqual([1, `${path}:3:21: error: no such attribute (cedar-schema)\n`])
    expect(objectIn(server.seen[0]?.body ?? '')).toEqual({ cedar: SLIP })
  })
})
