import { describe, expect, it } from '@jest/globals'
import type { HookClient, JsonObject } from '@writ/contracts'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { DIALECTS } from './dialects.ts'
import type { HookEvent, HookReply, HookVerdict } from './event.ts'
import { FAULTS, isHookFault } from './event.ts'
import { denialOf, HOOK_CLIENTS } from './fallback.ts'
import { bytesOf, VERDICTS } from './golden.fixture.ts'
import { MEASURED } from './measured.ts'
import { readHookEvent } from './read.ts'
import { canAsk, renderVerdict, verdictOfFault } from './render.ts'
import { dialectTable } from './table.ts'

const events = HOOK_CLIENTS.flatMap((client) =>
  Object.entries(inputsOf(client)).map(([name, payload]) => ({ client, name, payload })),
)
const stopping = events.filter(({ client, name }) => {
  const row = DIALECTS[client]?.events[name]
  return row?.answers.stops === true && row.moment !== 'after'
})

const reasons = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', ' ', '\u0000', '\u202E', '\uD800'),
)
const verdicts = fc.record({
  outcome: fc.constantFrom('deny' as const, 'ask' as const),
  reason: reasons,
  decisionId: reasons,
  approval: fc.option(reasons),
  modified: fc.constantFrom(null, { command: 'true' }),
})

describe('a deny', () => {
  it.each(stopping)('of $client $name is said by exit code, stderr and JSON with a reason', (asked) => {
    const reply = renderVerdict(eventOf(asked), VERDICTS.deny)
    expect(reply.exit).toBe(2)
    expect(reply.stderr.trim()).not.toBe('')
    expect(textsIn(JSON.parse(reply.stdout)).some((text) => text.startsWith('Writ: '))).toBe(true)
  })

  it('is never what a client was seen to take for an allow, whatever its reason', () => {
    fc.assert(
      fc.property(fc.constantFrom(...stopping), verdicts, (asked, verdict) => {
        const event = eventOf(asked)
        const reply = renderVerdict(event, verdict)
        if (verdict.outcome === 'ask' && canAsk(event)) return
        expect(reply.exit).toBe(2)
        expect(runsAt(asked.client, reply)).toEqual([])
        expect(isPlain(reply.stderr.slice(0, -1))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('says so where nobody gave a reason, or none that can be read', () => {
    const asked = { client: 'codex', name: 'PreToolUse' } as const
    for (const reason of ['', ' ', '\u0000\u202E']) {
      const verdict = { ...VERDICTS.deny, reason, decisionId: '' }
      expect(renderVerdict(asked, verdict).stderr).toBe('Writ: denied by policy\n')
      expect(renderVerdict(asked, { ...verdict, outcome: 'ask' }).stderr).toBe(
        'Writ: policy asks a person first\n',
      )
    }
  })

  it('keeps within bounds', () => {
    const verdict: HookVerdict = { ...VERDICTS.deny, reason: 'a \u{1F600}'.repeat(50_000) }
    const reply = renderVerdict({ client: 'claude-code', name: 'PreToolUse' }, verdict)
    expect(reply.stdout.length).toBeLessThan(2000)
    expect(reply.stderr).not.toMatch(/\p{Surrogate}/u)
  })

  it('takes the whole result away where the client lets it', () => {
    const payload = {
      ...inputsOf('claude-code')['PostToolUse'],
      tool_response: {
        type: 'text',
        file: { content: 'SECRET', lines: ['SECRET'], pin: 1234, SECRETS: null },
      },
    }
    const reply = renderVerdict(eventOf({ client: 'claude-code', payload }), VERDICTS.deny)
    expect(reply.stdout).not.toContain('SECRET"')
    expect(reply.stdout).not.toContain('1234')
    expect(reply.exit).toBe(0)
  })

  it.each([
    [[{ type: 'text', text: 'SECRET' }]],
    [{ content: [{ type: 'image', data: 'SECRET' }], isError: false }],
    ['SECRET'],
    [{ type: 'SECRET', deep: [{ a: 'SECRET' }] }],
    [{ mode: 'content', content: 'SECRET', status: 'SECRET', type: 'text' }],
    [['SECRET']],
  ])('leaves nothing of the result %j', (tool_response) => {
    const payload = { ...inputsOf('claude-code')['PostToolUse'], tool_response }
    const reply = renderVerdict(eventOf({ client: 'claude-code', payload }), VERDICTS.deny)
    expect(JSON.parse(reply.stdout)).toMatchObject({ hookSpecificOutput: { hookEventName: 'PostToolUse' } })
    expect(reply.stdout).not.toContain('SECRET')
  })
})

describe('an ask', () => {
  it('goes to the person only where the client asks the person', () => {
    const asking = dialectTable()
      .filter(({ ask }) => ask === 'the client asks')
      .map(({ client, event }) => `${client} ${event}`)
    expect(asking).toEqual([
      'claude-code PreToolUse',
      'claude-code PermissionRequest',
      'cursor beforeShellExecution',
      'cursor beforeMCPExecution',
      'codex PermissionRequest',
      'copilot-cli PreToolUse',
      'vscode PreToolUse',
    ])
  })

  it('is a deny with the id that a person approves everywhere else', () => {
    for (const asked of stopping) {
      const event = eventOf(asked)
      if (canAsk(event)) continue
      const reply = renderVerdict(event, VERDICTS.ask)
      expect(reply.exit).toBe(2)
      expect(reply.stderr).toContain(`writ approve ${VERDICTS.ask.approval}`)
    }
  })

  it('is a deny where the client says that nobody is there', () => {
    const payload = { ...inputsOf('claude-code')['PreToolUse'], permission_mode: 'dontAsk' }
    const event = eventOf({ client: 'claude-code', payload })
    expect(canAsk(event)).toBe(false)
    expect(renderVerdict(event, VERDICTS.ask).exit).toBe(2)
  })
})

describe('a changed input', () => {
  it.each(events)('of $client $name is given to the client, or nothing runs', (asked) => {
    const event = eventOf(asked)
    const modified = { ...('input' in event ? event.input : {}), command: 'CHANGED' }
    const reply = renderVerdict(event, { ...VERDICTS.allow, modified })
    expect(reply.exit === 0 ? reply.stdout.includes('CHANGED') : reply.exit).toBe(reply.exit === 0 ? true : 2)
  })

  it('is denied in Gemini CLI when a member is to go, for Gemini would keep it', () => {
    const event = eventOf({ client: 'gemini-cli', payload: inputsOf('gemini-cli')['BeforeTool'] ?? {} })
    expect(renderVerdict(event, { ...VERDICTS.allow, modified: { command: 'true' } }).exit).toBe(2)
  })

  it('is denied where the input was one text', () => {
    const payload = {
      ...inputsOf('copilot-cli')['PreToolUse'],
      tool_name: 'Edit',
      tool_input: '*** Begin Patch',
    }
    const event = eventOf({ client: 'copilot-cli', payload })
    expect(event.actions).toEqual([{ kind: 'file.patch', patch: '*** Begin Patch' }])
    expect(renderVerdict(event, VERDICTS.modified).exit).toBe(2)
  })
})

describe('an allow', () => {
  it('never speaks for the person: the client goes on to its own rules', () => {
    for (const asked of events.filter(({ client }) => client !== 'cursor' && client !== 'opencode'))
      expect(renderVerdict(eventOf(asked), VERDICTS.allow)).toEqual({ exit: 0, stdout: '{}', stderr: '' })
  })
})

describe('a fault', () => {
  it.each(HOOK_CLIENTS)('of %s is denied blindly, in a form that every event of it takes', (client) => {
    const fault = readHookEvent(client, bytesOf('{"hook_event_name":'))
    if (!isHookFault(fault)) throw new Error('it was read')
    const reply = renderVerdict(fault, verdictOfFault(fault, ''))
    expect(reply).toEqual({
      exit: 2,
      stdout: JSON.stringify(denialOf(client, `Writ: ${FAULTS.payload_malformed}`)),
      stderr: `Writ: ${FAULTS.payload_malformed}\n`,
    })
  })

  it('is never what a client was seen to take for an allow, whatever JSON comes in', () => {
    fc.assert(
      fc.property(fc.constantFrom(...events), fc.jsonValue(), fc.nat(), ({ client, payload }, value, at) => {
        const names = Object.keys(payload)
        const broken = { ...payload, [names[at % names.length] ?? '']: value }
        const read = readHookEvent(client, bytesOf(broken))
        if (!isHookFault(read) || read.answer === 'ignore') return
        const reply = renderVerdict(read, verdictOfFault(read, 'dec_1'))
        expect(runsAt(client, reply)).toEqual([])
        expect(reply.stderr.trim()).not.toBe('')
      }),
      { numRuns: 2000 },
    )
  })

  it('is answered with nothing where the event tells of nothing that is mediated', () => {
    const fault = readHookEvent('gemini-cli', bytesOf({ hook_event_name: 'AfterModel', session_id: 'a' }))
    if (!isHookFault(fault)) throw new Error('it was read')
    expect(fault).toMatchObject({ fault: 'event_unmediated', answer: 'ignore' })
    expect(renderVerdict(fault, verdictOfFault(fault, ''))).toEqual({ exit: 0, stdout: '{}', stderr: '' })
  })
})

describe('the measured table', () => {
  it.each([
    ['an empty stderr runs in Codex', 'codex', { exit: 2, stdout: '{}', stderr: ' \n' }, true],
    [
      'a deny without a reason runs in Codex',
      'codex',
      { exit: 0, stdout: '{"decision":"block"}', stderr: '' },
      true,
    ],
    [
      'a cut answer runs in Claude Code',
      'claude-code',
      { exit: 0, stdout: '{"decision":"bl', stderr: '' },
      true,
    ],
    [
      'an unknown word runs in Gemini CLI',
      'gemini-cli',
      { exit: 0, stdout: '{"decision":"no"}', stderr: '' },
      true,
    ],
    ['exit 1 runs in Claude Code', 'claude-code', { exit: 1, stdout: '', stderr: 'no' }, true],
    ['exit 1 is blocked in Copilot CLI', 'copilot-cli', { exit: 1, stdout: '', stderr: 'no' }, false],
    [
      'an ask runs in Codex',
      'codex',
      { exit: 0, stdout: '{"decision":"ask","reason":"a"}', stderr: '' },
      true,
    ],
    ['exit 2 with a text is blocked', 'codex', { exit: 2, stdout: '', stderr: 'no' }, false],
  ] as const)('says that %s', (_what, client, reply, runs) => {
    expect(runsAt(client, reply).length > 0).toBe(runs)
  })
})

/** The rows of the measured table in which this client lets the action happen. */
function runsAt(client: HookClient, reply: HookReply): readonly string[] {
  return MEASURED.filter((row) => row.is(reply))
    .filter(({ behaviour }) => ['runs', 'hangs', 'not enforced'].includes(behaviour[client] ?? 'blocked'))
    .map(({ answer }) => answer)
}

function eventOf({ client, payload }: { client: HookClient; payload: JsonObject }): HookEvent {
  const read = readHookEvent(client, bytesOf(payload))
  if (isHookFault(read)) throw new Error(read.detail)
  return read
}

function inputsOf(client: HookClient): Record<string, JsonObject> {
  return JSON.parse(readFileSync(new URL(`../golden/clients/${client}.inputs.json`, import.meta.url), 'utf8'))
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

const isPlain = (text: string): boolean => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
