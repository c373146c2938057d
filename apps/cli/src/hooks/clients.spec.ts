import { describe, expect, it } from '@jest/globals'
import { isHookFault, readHookEvent } from '@writ/hooks'
import { parse } from 'smol-toml'
import { z } from 'zod'
import { CLIENTS } from './clients.ts'
import type { HookProgram, Tier, Wanted } from './hook-file.ts'
import { merged } from './merge.ts'
import type { Places, Platform } from './places.ts'

const HOMES: Readonly<Record<Platform, string>> = {
  linux: '/home/dev',
  darwin: '/Users/dev',
  win32: 'C:\\Users\\dev',
}
const HOOKS: Readonly<Record<Platform, HookProgram>> = {
  linux: ['/usr/local/lib/writ/writ-hook'],
  darwin: ['/usr/local/lib/writ/writ-hook'],
  win32: ['C:\\Program Files\\Writ\\writ-hook.exe'],
}

const placesOn = (platform: Platform): Places => ({
  platform,
  home: HOMES[platform],
  writHome: `${HOMES[platform]}/.writ`,
  root: null,
  uid: 0,
})

const wantedOn = (platform: Platform, tier: Tier, denyReads: readonly string[] = []): Wanted => ({
  tier,
  places: placesOn(platform),
  hook: HOOKS[platform],
  denyReads,
})

const rowOf = (client: string) => {
  const row = CLIENTS.find((one) => one.client === client)
  if (row === undefined) throw new Error(client)
  return row
}

const pathsOf = (client: string, tier: Tier, platform: Platform): readonly string[] =>
  rowOf(client)
    .files(wantedOn(platform, tier))
    .map(({ path }) => path)

/** What the one file that starts our hook says, in a machine that had none. */
function saidBy(client: string, wanted: Wanted): unknown {
  const [file] = rowOf(client).files(wanted)
  if (file === undefined) throw new Error(`${client} has no file`)
  const text = merged(null, file.content)
  return file.content.form === 'toml' ? parse(text) : JSON.parse(text)
}

describe('where hooks go', () => {
  it.each<[string, Tier, Platform, readonly string[]]>([
    ['claude-code', 'observe', 'linux', ['/home/dev/.claude/settings.json']],
    ['claude-code', 'enforce', 'linux', ['/etc/claude-code/managed-settings.json']],
    ['claude-code', 'enforce', 'darwin', ['/Library/Application Support/ClaudeCode/managed-settings.json']],
    ['claude-code', 'enforce', 'win32', ['C:\\Program Files\\ClaudeCode\\managed-settings.json']],
    ['cursor', 'observe', 'win32', ['C:\\Users\\dev\\.cursor\\hooks.json']],
    ['cursor', 'enforce', 'linux', ['/etc/cursor/hooks.json']],
    ['cursor', 'enforce', 'darwin', ['/Library/Application Support/Cursor/hooks.json']],
    ['cursor', 'enforce', 'win32', ['C:\\ProgramData\\Cursor\\hooks.json']],
    ['codex', 'observe', 'darwin', ['/Users/dev/.codex/hooks.json']],
    ['codex', 'enforce', 'darwin', ['/etc/codex/requirements.toml']],
    ['codex', 'enforce', 'win32', []],
    [
      'gemini-cli',
      'enforce',
      'linux',
      ['/etc/gemini-cli/settings.json', '/etc/gemini-cli/policies/writ.toml'],
    ],
    [
      'gemini-cli',
      'enforce',
      'win32',
      ['C:\\ProgramData\\gemini-cli\\settings.json', 'C:\\ProgramData\\gemini-cli\\policies\\writ.toml'],
    ],
    ['copilot-cli', 'observe', 'linux', ['/home/dev/.copilot/hooks/writ.json']],
    ['copilot-cli', 'enforce', 'darwin', ['/etc/github-copilot/policy.d/writ.json']],
    ['copilot-cli', 'enforce', 'win32', ['C:\\ProgramData\\GitHub\\Copilot\\policy.d\\writ.json']],
    ['vscode', 'observe', 'linux', ['/home/dev/.copilot/hooks/writ.json']],
    ['vscode', 'enforce', 'linux', ['/etc/github-copilot/policy.d/writ.json', '/etc/vscode/policy.json']],
    ['vscode', 'enforce', 'darwin', ['/etc/github-copilot/policy.d/writ.json']],
    ['windsurf', 'observe', 'linux', ['/home/dev/.codeium/windsurf/hooks.json']],
    ['windsurf', 'enforce', 'linux', ['/etc/windsurf/hooks.json']],
    ['windsurf', 'enforce', 'darwin', ['/Library/Application Support/Windsurf/hooks.json']],
    ['windsurf', 'enforce', 'win32', ['C:\\ProgramData\\Windsurf\\hooks.json']],
    ['opencode', 'observe', 'linux', ['/home/dev/.config/opencode/plugin/writ.js']],
    ['opencode', 'enforce', 'linux', ['/etc/opencode/plugin/writ.js', '/etc/opencode/opencode.json']],
  ])('%s, %s, on %s', (client, tier, platform, paths) => {
    expect(pathsOf(client, tier, platform)).toEqual(paths)
  })
})

describe('what the files say', () => {
  it('to Claude Code: what keeps hooks on, and hooks that block when they fail', () => {
    const said = saidBy('claude-code', wantedOn('linux', 'enforce', ['~/.ssh/**']))
    expect(said).toMatchObject({
      requiredMinimumVersion: '2.1.329',
      allowManagedHooksOnly: true,
      permissions: { disableBypassPermissionsMode: 'disable', deny: ['Read(~/.ssh/**)'] },
      hooks: {
        PreToolUse: [
          {
            matcher: '*',
            hooks: [
              {
                type: 'command',
                command: '/usr/local/lib/writ/writ-hook',
                args: ['claude-code'],
                timeout: 5,
                onFailure: 'block',
              },
            ],
          },
        ],
      },
    })
  })

  it('to Codex: the feature pinned, or a flag takes the hooks out', () => {
    expect(saidBy('codex', wantedOn('linux', 'enforce'))).toMatchObject({
      allow_managed_hooks_only: true,
      features: { hooks: true },
      hooks: {
        managed_dir: '/usr/local/lib/writ',
        PreToolUse: [
          {
            matcher: '.*',
            hooks: [{ type: 'command', command: '/usr/local/lib/writ/writ-hook codex', timeout: 5 }],
          },
        ],
      },
    })
  })

  it('to Cursor: only events that old versions know, and hooks that fail closed', () => {
    const entry = [{ command: '/usr/local/lib/writ/writ-hook cursor', timeout: 5, failClosed: true }]
    expect(saidBy('cursor', wantedOn('linux', 'enforce'))).toEqual({
      version: 1,
      hooks: {
        preToolUse: entry,
        beforeShellExecution: entry,
        beforeMCPExecution: entry,
        beforeReadFile: entry,
        beforeSubmitPrompt: entry,
      },
    })
    expect(saidBy('cursor', wantedOn('win32', 'enforce'))).toMatchObject({
      hooks: { preToolUse: [{ command: '"C:\\Program Files\\Writ\\writ-hook.exe" cursor' }] },
    })
  })

  it('to Windsurf: a line for its shell', () => {
    const entry = [{ command: '/usr/local/lib/writ/writ-hook windsurf', show_output: true }]
    expect(saidBy('windsurf', wantedOn('linux', 'enforce'))).toEqual({
      hooks: {
        pre_run_command: entry,
        pre_read_code: entry,
        pre_write_code: entry,
        pre_mcp_tool_use: entry,
        pre_user_prompt: entry,
      },
    })
    expect(saidBy('windsurf', wantedOn('win32', 'enforce'))).toMatchObject({
      hooks: {
        pre_run_command: [{ powershell: "& 'C:\\Program Files\\Writ\\writ-hook.exe' 'windsurf'" }],
      },
    })
  })

  it('to VS Code and Copilot CLI: one file for both, never the form that is dropped without a word', () => {
    const said = saidBy('vscode', wantedOn('linux', 'enforce'))
    expect(said).toEqual(saidBy('copilot-cli', wantedOn('linux', 'enforce')))
    expect(said).toMatchObject({
      version: 1,
      hooks: {
        PreToolUse: [
          {
            type: 'command',
            bash: '/usr/local/lib/writ/writ-hook copilot-cli',
            powershell: "& '/usr/local/lib/writ/writ-hook' 'copilot-cli'",
            timeoutSec: 30,
          },
        ],
      },
    })
    expect(JSON.stringify(said)).not.toMatch(/"(exec|args)"/)
  })

  it('to Gemini CLI: time-outs in milliseconds, and a policy that its readers can read', () => {
    expect(saidBy('gemini-cli', wantedOn('linux', 'enforce'))).toMatchObject({
      hooksConfig: { enabled: true },
      hooks: { BeforeTool: [{ matcher: '*', hooks: [{ name: 'writ', timeout: 5000 }] }] },
    })
    const [, policy] = rowOf('gemini-cli').files(wantedOn('linux', 'enforce', ['**/.env', '~/.ssh/**']))
    const { rule } = parse(merged(null, policy?.content ?? { form: 'whole', text: '' }))
    const rules = Array.isArray(rule) ? rule : []
    const patterns = rules.map(
      (one) => new RegExp(String(Object.entries(one).find(([key]) => key === 'argsPattern')?.[1])),
    )
    const caught = (args: object): boolean => patterns.some((pattern) => pattern.test(JSON.stringify(args)))
    expect(caught({ file_path: '/home/dev/.gemini/settings.json' })).toBe(true)
    expect(caught({ file_path: '/home/dev/.ssh/id_rsa' })).toBe(true)
    expect(caught({ file_path: '/home/dev/app/.env' })).toBe(true)
    expect(caught({ file_path: '/home/dev/app/environment.ts' })).toBe(false)
  })

  it('keeps the keys of every tier: the observe tier blocks nothing when it fails', () => {
    for (const { client } of CLIENTS.filter((row) => row.client !== 'opencode'))
      expect(JSON.stringify(saidBy(client, wantedOn('linux', 'observe')))).not.toMatch(/onFailure|failClosed/)
  })
})

describe.each(CLIENTS.map((row) => [row.client, row] as const))('the canary of %s', (client, row) => {
  it('is an event that a daemon reads as a command of a shell', () => {
    const { event, payload } = row.canary(': canary', '/home/dev/app')
    const read = readHookEvent(
      client === 'vscode' ? 'copilot-cli' : client,
      Buffer.from(JSON.stringify(payload)),
    )
    if (isHookFault(read)) throw new Error(read.detail)
    expect([read.name, read.moment]).toEqual([event, 'before'])
    expect(read.actions).toEqual([{ kind: 'shell', command: ': canary' }])
  })
})

describe.each(CLIENTS.filter(({ client }) => client !== 'opencode').map((row) => [row.client, row] as const))(
  'every event that %s is told to call us for',
  (client, row) => {
    const said = z
      .object({ hooks: z.record(z.string(), z.unknown()) })
      .parse(saidBy(client, wantedOn('linux', 'enforce')))
    const events = Object.entries(said.hooks).filter(([, entries]) => Array.isArray(entries))

    it.each(events.map(([name]) => [name]))('is one that a daemon knows: %s', (name) => {
      const { event, payload } = row.canary(': canary', '/home/dev/app')
      const renamed = Object.fromEntries(
        Object.entries(payload).map(([key, value]) => [key, value === event ? name : value]),
      )
      const dialect = client === 'vscode' ? 'copilot-cli' : client
      const read = readHookEvent(dialect, Buffer.from(JSON.stringify(renamed)))
      expect(isHookFault(read) ? read.fault : 'none').not.toMatch(/^event_un/)
    })

    it('stops something at one of them at least', () => {
      expect(events.map(([name]) => name)).toContain(row.canary('', '').event)
    })
  },
)
