import { afterEach, describe, expect, it } from '@jest/globals'
import { BYPASSES } from '../tools/clients/bypasses.mjs'
import { withTables } from '../tools/clients/document.mjs'
import { COLUMNS } from '../tools/clients/matrix.mjs'
import { BEHAVIOURS, hookScript } from '../tools/clients/scripted-hook.mjs'
import { PROTOCOLS, startScriptedModel } from '../tools/clients/scripted-model.mjs'
import { CLIENTS } from '../tools/clients/table.mjs'

// What drives the real clients of `npm run clients`; the clients themselves are too large for every test run.

type Model = Awaited<ReturnType<typeof startScriptedModel>>
let model: Model | null = null

afterEach(async () => {
  await model?.stop()
  model = null
})

const STEPS = [{ command: 'touch a' }, { text: 'done' }]

/** Each protocol: where a turn is asked, the first question, and the second, in which the tool has answered. */
const TURNS = {
  anthropic: {
    path: '/v1/messages?beta=true',
    ask: {
      model: 'm',
      stream: true,
      tools: [{ name: 'Bash' }, { name: 'Read' }],
      messages: [{ role: 'user', content: 'go' }],
    },
    told: (ask: object) => ({
      ...ask,
      messages: [
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'no, because' }] },
      ],
    }),
    called: '"partial_json":"{\\"command\\":\\"touch a\\"',
  },
  responses: {
    path: '/v1/responses',
    ask: {
      model: 'm',
      stream: true,
      tools: [{ name: 'exec_command' }],
      input: [{ type: 'message', role: 'user', content: [] }],
    },
    told: (ask: object) => ({
      ...ask,
      input: [
        { type: 'message' },
        { type: 'function_call' },
        { type: 'function_call_output', output: 'no, because' },
      ],
    }),
    called: '"arguments":"{\\"cmd\\":\\"touch a\\"}"',
  },
  gemini: {
    path: '/v1beta/models/m:streamGenerateContent?alt=sse',
    ask: { tools: [{ functionDeclarations: [] }], contents: [{ role: 'user', parts: [{ text: 'go' }] }] },
    told: (ask: object) => ({
      ...ask,
      contents: [
        {
          role: 'user',
          parts: [{ functionResponse: { name: 'run_shell_command', response: { error: 'no, because' } } }],
        },
      ],
    }),
    called: '"functionCall":{"name":"run_shell_command","args":{"command":"touch a"',
  },
  chat: {
    path: '/v1/chat/completions',
    ask: {
      model: 'm',
      stream: true,
      tools: [{ type: 'function' }],
      messages: [{ role: 'user', content: 'go' }],
    },
    told: (ask: object) => ({
      ...ask,
      messages: [{ role: 'assistant' }, { role: 'tool', content: 'no, because' }],
    }),
    called: '"name":"bash","arguments":"{\\"command\\":\\"touch a\\"',
  },
} as const

const SPOKEN = ['anthropic', 'responses', 'gemini', 'chat'] as const

async function post(path: string, body: object): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${model?.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
  return answer.text()
}

describe('the scripted model', () => {
  it('speaks every protocol that a client of the table speaks', () => {
    const spoken = new Set(Object.values(CLIENTS).map(({ protocol }) => protocol))
    expect([...spoken].sort()).toEqual(Object.keys(PROTOCOLS).sort())
  })

  it.each(SPOKEN)('says its steps and hears what came of them: %s', async (protocol) => {
    const { path, ask, told, called } = TURNS[protocol]
    model = await startScriptedModel({ protocol, steps: STEPS })
    expect(await post(path, ask)).toContain(called)
    expect(await post(path, told(ask))).toContain('done')
    expect(model.turns).toHaveLength(2)
    expect(model.turns[0]?.results).toEqual([])
    expect(model.turns[1]?.results.join()).toContain('no, because')
    expect(model.turns[1]?.askedAtMs).toBeGreaterThanOrEqual(model.turns[0]?.answeredAtMs ?? Infinity)
  })

  it.each(SPOKEN)('spends no step on a question beside the conversation: %s', async (protocol) => {
    const { path, ask } = TURNS[protocol]
    model = await startScriptedModel({ protocol, steps: STEPS })
    await post(path, { ...ask, tools: [] })
    await post('/elsewhere', {})
    expect(model.turns).toEqual([])
    expect(await post(path, ask)).toContain('touch a')
  })

  it('ends a conversation that goes on longer than its script', async () => {
    model = await startScriptedModel({ protocol: 'chat', steps: [] })
    expect(await post(TURNS.chat.path, TURNS.chat.ask)).toContain('That was all.')
  })
})

describe('the table of real clients', () => {
  it('pins every version, and every measured one is of the table', () => {
    const known = Object.entries(CLIENTS).flatMap(([client, { versions }]) =>
      versions.map((version) => `${client}@${version}`),
    )
    for (const one of known) expect(one).toMatch(/@\d+\.\d+\.\d+$/)
    for (const { client, version } of [...COLUMNS, ...BYPASSES])
      expect(known).toContain(`${client}@${version}`)
    expect(new Set(COLUMNS.map(({ client }) => client))).toEqual(new Set(Object.keys(CLIENTS)))
  })

  it('has a hook for every behaviour, and for no client one that cannot deny', () => {
    for (const client of Object.keys(CLIENTS))
      for (const [name, lines] of BEHAVIOURS.filter(([, one]) => one !== null))
        expect([name, hookScript(client, lines)]).toEqual([name, expect.stringMatching(/^#!\/bin\/sh\n/)])
    expect(hookScript('codex', BEHAVIOURS[0]?.[1])).toContain('exit 2')
  })
})

describe('the page of real clients', () => {
  const page =
    'Above.\n<!-- written by `npm run clients -- --write` -->\n<!-- end of what is written -->\nBelow.\n'
  const report = { at: '2026-01-31T00:00:00Z', governed: [], bypasses: [], timing: null, matrix: [] }

  it('calls what could not be run "not run", whatever the rest says', () => {
    const [column] = COLUMNS
    const written = withTables(page, {
      ...report,
      governed: [{ client: 'codex', version: '0.169.0', notRun: 'npm could not install it' }],
      matrix: [{ ...column, notRun: 'no namespaces' }],
    })
    expect(written).toContain('| Codex 0.169.0 | not run: npm could not install it |')
    expect(written).toContain('| exit 1 | not run: no namespaces |')
    expect(written).toMatch(/^Above\.\n[^]*Below\.\n$/)
  })

  it('keeps the tables of parts that were not run this time', () => {
    const timing = { bare: 30, native: 50, node: 120, actions: 25 }
    const first = withTables(page, { ...report, timing })
    expect(first).toContain('| the hook client | 50 | 20 |')
    const again = withTables(first, {
      ...report,
      bypasses: [
        { client: 'codex', version: '0.169.0', title: '`--x`', outcome: 'runs', holds: false, falls: null },
      ],
    })
    expect(again).toContain('| the hook client | 50 | 20 |')
    expect(again).toContain('| Codex 0.169.0 | `--x` | **runs** | **not expected** |')
    expect(withTables(again, report)).toBe(again)
  })
})
