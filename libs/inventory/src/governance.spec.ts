import { describe, expect, it } from '@jest/globals'
import type { InventoryAgent, InventoryClient } from '@writ/contracts'
import type { GivenFile } from './given-disk.suite.ts'
import { inventoryOf } from './given-disk.suite.ts'

const WRIT_HOOK = '/usr/local/lib/writ/writ-hook'
const PROGRAM: Readonly<Record<string, GivenFile>> = { [WRIT_HOOK]: { text: '', owner: 0, mode: 0o755 } }
const root = (text: string, mode = 0o644): GivenFile => ({ text, owner: 0, mode })

const judged = (
  client: InventoryClient,
  files: Readonly<Record<string, GivenFile>>,
  platform = 'linux' as const,
) => {
  const agent = inventoryOf({ ...PROGRAM, ...files }, { platform }).agents.find(
    (one) => one.client === client,
  )
  return [agent?.governance, agent?.reason] satisfies [
    InventoryAgent['governance'] | undefined,
    string | undefined,
  ]
}

const claude = (hook: object, more: object = {}) =>
  JSON.stringify({
    ...more,
    hooks: {
      PreToolUse: [
        { matcher: '*', hooks: [{ type: 'command', command: WRIT_HOOK, args: ['claude-code'], ...hook }] },
      ],
    },
  })
const CLAUDE = '/etc/claude-code/managed-settings.json'
const CLOSED = claude({ onFailure: 'block' }, { requiredMinimumVersion: '2.1.329' })
const codex = (more: string) =>
  `${more}\n[[hooks.PreToolUse]]\nmatcher = ".*"\n[[hooks.PreToolUse.hooks]]\ntype = "command"\ncommand = "${WRIT_HOOK} codex"\n`
const flat = (event: string, more: object = {}) =>
  JSON.stringify({ version: 1, hooks: { [event]: [{ command: `${WRIT_HOOK} x`, ...more }] } })

const WINDSURF = JSON.stringify({
  hooks: Object.fromEntries(
    ['pre_run_command', 'pre_read_code', 'pre_write_code', 'pre_mcp_tool_use'].map((event) => [
      event,
      [{ command: `${WRIT_HOOK} windsurf` }],
    ]),
  ),
})

describe('a client is', () => {
  it.each<[InventoryClient, string, string]>([
    ['claude-code', CLAUDE, CLOSED],
    ['claude-code', '/etc/claude-code/managed-settings.d/writ.json', CLOSED],
    ['codex', '/etc/codex/requirements.toml', codex('[features]\nhooks = true')],
    ['cursor', '/etc/cursor/hooks.json', flat('preToolUse', { failClosed: true })],
    ['copilot-cli', '/etc/github-copilot/policy.d/writ.json', flat('PreToolUse')],
    ['windsurf', '/etc/windsurf/hooks.json', WINDSURF],
  ])('enforced by managed files: %s in %s', (client, file, text) => {
    expect(judged(client, { [file]: root(text) })[0]).toBe('enforce')
  })

  it('enforced by the JavaScript form of the hook client too', () => {
    const script = '/usr/local/lib/writ/writ-hook.mjs'
    const text = CLOSED.replaceAll(
      `"${WRIT_HOOK}","args":["claude-code"]`,
      `"/usr/bin/node","args":["${script}","claude-code"]`,
    )
    expect(judged('claude-code', { [CLAUDE]: root(text), [script]: root('', 0o755) })[0]).toBe('enforce')
  })

  it.each<[string, InventoryClient, Readonly<Record<string, GivenFile>>, RegExp]>([
    [
      'its hook fails open',
      'claude-code',
      { [CLAUDE]: root(claude({}, { requiredMinimumVersion: '2.1.329' })) },
      /onFailure/,
    ],
    [
      'older versions may run',
      'claude-code',
      { [CLAUDE]: root(claude({ onFailure: 'block' })) },
      /requiredMinimumVersion/,
    ],
    [
      'a version that fails open is new enough',
      'claude-code',
      { [CLAUDE]: root(CLOSED.replace('2.1.329', '2.1.197')) },
      /requiredMinimumVersion/,
    ],
    [
      'it hears of some tools',
      'claude-code',
      { [CLAUDE]: root(CLOSED.replace('"*"', '"Bash"')) },
      /do not hear all/,
    ],
    [
      'it hears of some events',
      'windsurf',
      { '/etc/windsurf/hooks.json': root(flat('pre_run_command')) },
      /do not hear all/,
    ],
    [
      'it hears of some events',
      'cursor',
      { '/etc/cursor/hooks.json': root(flat('beforeReadFile', { failClosed: true })) },
      /do not hear all/,
    ],
    [
      'its user may write the file',
      'claude-code',
      { [CLAUDE]: { text: CLOSED, owner: 1000 } },
      /managed file/,
    ],
    ['a group may write the file', 'claude-code', { [CLAUDE]: root(CLOSED, 0o664) }, /managed file/],
    [
      'others may write the folder',
      'claude-code',
      { [CLAUDE]: root(CLOSED), '/etc/claude-code': root('', 0o777) },
      /managed file/,
    ],
    [
      'its user may replace the program',
      'claude-code',
      { [CLAUDE]: root(CLOSED), [WRIT_HOOK]: '' },
      /replace the program/,
    ],
    [
      '`--disable hooks` works',
      'codex',
      { '/etc/codex/requirements.toml': root(codex('')) },
      /features\.hooks/,
    ],
    ['its hook fails open', 'cursor', { '/etc/cursor/hooks.json': root(flat('preToolUse')) }, /failClosed/],
    [
      'its user may disable managed hooks',
      'gemini-cli',
      { '/etc/gemini-cli/settings.json': root(flat('BeforeTool')) },
      /turn managed hooks off/,
    ],
    [
      '`--pure` leaves plugins out',
      'opencode',
      { '/etc/opencode/plugin/writ.js': root('') },
      /turn managed hooks off/,
    ],
    [
      'the file is of its user',
      'claude-code',
      { '/home/ana/.claude/settings.json': CLOSED },
      /files of the user/,
    ],
    [
      'the file is of its user',
      'copilot-cli',
      { '/home/ana/.copilot/hooks/writ.json': flat('PreToolUse') },
      /files of the user/,
    ],
    [
      'the file is of its user',
      'opencode',
      { '/home/ana/.config/opencode/plugin/writ.js': '' },
      /files of the user/,
    ],
  ])('only observed where %s: %s', (_, client, files, reason) => {
    expect(judged(client, files)).toEqual(['observe', expect.stringMatching(reason)])
  })

  it.each<[string, InventoryClient, Readonly<Record<string, GivenFile>>, RegExp]>([
    ['has no hook of Writ', 'claude-code', { '/home/ana/.claude/settings.json': '{}' }, /no hook/],
    [
      'has another hook',
      'cursor',
      { '/home/ana/.cursor/hooks.json': flat('preToolUse').replaceAll('writ-hook', 'other') },
      /no hook/,
    ],
    [
      'has one that hears only afterwards',
      'claude-code',
      { [CLAUDE]: root(CLOSED.replace('PreToolUse', 'PostToolUse')) },
      /no hook/,
    ],
    [
      'has one that is not there',
      'claude-code',
      { [CLAUDE]: root(CLOSED.replaceAll('/lib/', '/gone/')) },
      /not there/,
    ],
    [
      'has hooks in some workspaces',
      'opencode',
      { '/home/ana/.config/opencode/opencode.json': '{}', '/w/.opencode/plugin/writ.js': '' },
      /no hook|workspaces/,
    ],
    [
      'switches hooks off',
      'claude-code',
      { '/home/ana/.claude/settings.json': CLOSED.replace('{', '{"disableAllHooks":true,') },
      /switch hooks off/,
    ],
    [
      'has no hooks at all',
      'zed',
      { '/home/ana/.config/zed/settings.json': '{}' },
      /no hooks that Writ knows/,
    ],
  ])('ungoverned where it %s: %s', (_, client, files, reason) => {
    expect(judged(client, files)).toEqual(['ungoverned', expect.stringMatching(reason)])
  })

  it('still enforced where its user switches off what is managed', () => {
    const own = { '/home/ana/.claude/settings.json': '{"disableAllHooks":true}' }
    expect(judged('claude-code', { [CLAUDE]: root(CLOSED), ...own })[0]).toBe('enforce')
  })

  it('not said to be enforced where nothing can be told of owners', () => {
    const file = 'C:/Program Files/ClaudeCode/managed-settings.json'
    const { agents } = inventoryOf(
      {
        read: (path) =>
          path === file
            ? { state: 'read', bytes: new TextEncoder().encode(CLOSED), owner: null, mode: null }
            : { state: 'absent' },
        list: () => [],
        facts: (path) => (path === file || path === WRIT_HOOK ? { owner: null, mode: null } : null),
        realPath: (path) => path,
      },
      { platform: 'win32' },
    )
    expect(agents[0]).toMatchObject({
      governance: 'observe',
      reason: expect.stringContaining('cannot be told'),
    })
  })
})
