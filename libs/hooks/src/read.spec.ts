import { describe, expect, it } from '@jest/globals'
import type { HookClient, Json, JsonObject, LocalAction } from '@writ/contracts'
import { LOCAL_KINDS } from '@writ/contracts'
import type { FaultCode } from './event.ts'
import { FAULTS, isHookFault } from './event.ts'
import { bytesOf } from './golden.fixture.ts'
import { readHookEvent } from './read.ts'

/** The event before an action, in each client that names its tools. */
const BEFORE: Partial<Record<HookClient, (tool: string, input: Json, more?: JsonObject) => JsonObject>> = {
  'claude-code': (tool_name, tool_input, more) => ({
    ...snake('PreToolUse', tool_name, tool_input),
    transcript_path: '/t',
    ...more,
  }),
  codex: (tool_name, tool_input, more) => ({ ...snake('PreToolUse', tool_name, tool_input), ...more }),
  'gemini-cli': (tool_name, tool_input, more) => ({ ...snake('BeforeTool', tool_name, tool_input), ...more }),
  'copilot-cli': (tool_name, tool_input, more) => ({
    ...snake('PreToolUse', tool_name, tool_input),
    ...more,
  }),
  cursor: (tool_name, tool_input, more) => ({ ...snake('preToolUse', tool_name, tool_input), ...more }),
  vscode: (tool_name, tool_input, more) => {
    const { hook_event_name, session_id, ...rest } = snake('PreToolUse', tool_name, tool_input)
    return { ...rest, hookEventName: hook_event_name ?? null, sessionId: session_id ?? null, ...more }
  },
  opencode: (tool, args, more) => ({
    event: 'tool.execute.before',
    tool,
    session: 's',
    call: 'c',
    directory: '/home/dev/app',
    args,
    ...more,
  }),
}

function snake(name: string, tool_name: string, tool_input: Json): JsonObject {
  return {
    hook_event_name: name,
    session_id: 's1',
    cwd: '/home/dev/app',
    tool_name,
    tool_input,
  }
}

type Case = readonly [HookClient, string, JsonObject | string, readonly LocalAction[]]

const shell = (command: string): LocalAction => ({ kind: 'shell', command })
const readOf = (path: string): LocalAction => ({ kind: 'file.read', path })
const edited = (path: string, before: string, after: string): LocalAction => ({
  kind: 'file.write',
  path,
  edits: [{ before, after }],
})

const TOOLS: readonly Case[] = [
  ['claude-code', 'Bash', { command: 'ls', run_in_background: true }, [shell('ls')]],
  ['claude-code', 'PowerShell', { command: 'ls' }, [{ kind: 'shell', command: 'ls', shell: 'powershell' }]],
  ['claude-code', 'Read', { file_path: '/a' }, [readOf('/a')]],
  [
    'claude-code',
    'Write',
    { file_path: '/a', content: 'x' },
    [{ kind: 'file.write', path: '/a', text: 'x' }],
  ],
  ['claude-code', 'Edit', { file_path: '/a', old_string: 'x', new_string: 'y' }, [edited('/a', 'x', 'y')]],
  [
    'claude-code',
    'MultiEdit',
    {
      file_path: '/a',
      edits: [
        { old_string: 'x', new_string: 'y' },
        { old_string: 'p', new_string: 'q' },
      ],
    },
    [
      {
        kind: 'file.write',
        path: '/a',
        edits: [
          { before: 'x', after: 'y' },
          { before: 'p', after: 'q' },
        ],
      },
    ],
  ],
  ['claude-code', 'NotebookEdit', { notebook_path: '/n', new_source: 'y' }, [edited('/n', '', 'y')]],
  ['claude-code', 'Glob', { pattern: '**/*.ts' }, [{ kind: 'file.search', path: '.', pattern: '**/*.ts' }]],
  [
    'claude-code',
    'Glob',
    { pattern: '/home/dev/.ssh/*' },
    [{ kind: 'file.search', path: '/home/dev/.ssh/', pattern: '*' }],
  ],
  [
    'claude-code',
    'Glob',
    { path: 'src', pattern: '../../.aws/*' },
    [{ kind: 'file.search', path: 'src/../../.aws/', pattern: '*' }],
  ],
  [
    'claude-code',
    'Grep',
    { pattern: '/etc/passwd', path: 'src' },
    [{ kind: 'file.search', path: 'src', pattern: '/etc/passwd' }],
  ],
  [
    'claude-code',
    'Grep',
    { pattern: '.', glob: '*.ts,.env !dist {a,b}.md ../x/*', output_mode: 'content' },
    [
      { kind: 'file.search', path: '.', pattern: '.' },
      { kind: 'file.search', path: '.', pattern: '*.ts' },
      { kind: 'file.search', path: '.', pattern: '.env' },
      { kind: 'file.search', path: '.', pattern: '{a,b}.md' },
      { kind: 'file.search', path: './../x/', pattern: '*' },
    ],
  ],
  [
    'gemini-cli',
    'grep_search',
    { pattern: 'x', include: '\\.env' },
    [
      { kind: 'file.search', path: '.', pattern: 'x' },
      { kind: 'file.search', path: '.', pattern: '.env' },
    ],
  ],
  [
    'claude-code',
    'WebFetch',
    { url: 'https://a.example', prompt: 'b' },
    [{ kind: 'network.fetch', url: 'https://a.example' }],
  ],
  ['claude-code', 'WebSearch', { query: 'q' }, [{ kind: 'web.search', query: 'q' }]],
  [
    'claude-code',
    'Agent',
    { description: 'd', prompt: 'do', subagent_type: 'x' },
    [{ kind: 'agent.start', task: 'do' }],
  ],
  [
    'claude-code',
    'TodoWrite',
    { todos: [] },
    [{ kind: 'client.tool', tool: 'TodoWrite', args: { todos: [] } }],
  ],
  [
    'claude-code',
    'mcp__gh__create_issue',
    { title: 'a' },
    [{ kind: 'mcp.call', server: 'gh', tool: 'create_issue', args: { title: 'a' } }],
  ],
  [
    'claude-code',
    'ReadMcpResourceTool',
    { server: 'gh', uri: 'x:' },
    [{ kind: 'mcp.call', server: 'gh', tool: 'resources/read', args: { server: 'gh', uri: 'x:' } }],
  ],
  ['claude-code', 'bash', { command: 'ls' }, [{ kind: 'unknown', tool: 'bash', args: { command: 'ls' } }]],
  ['claude-code', 'constructor', {}, [{ kind: 'unknown', tool: 'constructor', args: {} }]],
  ['codex', 'Bash', { command: 'ls' }, [shell('ls')]],
  ['codex', 'shell', { command: ['bash', '-lc', "echo 'a'"] }, [shell("bash -lc 'echo '\\''a'\\'''")]],
  [
    'codex',
    'apply_patch',
    { command: '*** Begin Patch' },
    [{ kind: 'file.patch', patch: '*** Begin Patch' }],
  ],
  ['codex', 'view_image', { path: '/a.png' }, [readOf('/a.png')]],
  [
    'codex',
    'write_stdin',
    { session_id: 1, chars: 'rm -rf /\n' },
    [{ kind: 'shell.input', text: 'rm -rf /\n' }],
  ],
  ['codex', 'mcp__srv__tool', { a: 1 }, [{ kind: 'mcp.call', server: 'srv', tool: 'tool', args: { a: 1 } }]],
  ['gemini-cli', 'run_shell_command', { command: 'ls' }, [shell('ls')]],
  ['gemini-cli', 'read_file', { absolute_path: '/a' }, [readOf('/a')]],
  [
    'gemini-cli',
    'read_many_files',
    { include: ['/etc/*', 'a.ts'] },
    [
      { kind: 'file.search', path: '/etc/', pattern: '*' },
      { kind: 'file.search', path: '.', pattern: 'a.ts' },
    ],
  ],
  ['gemini-cli', 'replace', { file_path: '/a', old_string: 'x', new_string: 'y' }, [edited('/a', 'x', 'y')]],
  [
    'gemini-cli',
    'list_directory',
    { dir_path: '/etc' },
    [{ kind: 'file.search', path: '/etc', pattern: '*' }],
  ],
  [
    'gemini-cli',
    'web_fetch',
    { prompt: "compare https://a.example/x and HTTP://b'.example" },
    [
      { kind: 'network.fetch', url: 'https://a.example/x' },
      { kind: 'network.fetch', url: "HTTP://b'.example" },
    ],
  ],
  [
    'gemini-cli',
    'save_memory',
    { fact: 'always use sudo' },
    [edited('~/.gemini/GEMINI.md', '', 'always use sudo')],
  ],
  [
    'gemini-cli',
    'mcp_gh_create',
    { a: 1 },
    [{ kind: 'mcp.call', server: 'gh', tool: 'create', args: { a: 1 } }],
  ],
  ['copilot-cli', 'Bash', { command: 'ls' }, [shell('ls')]],
  ['copilot-cli', 'Read', { path: '/a' }, [readOf('/a')]],
  ['copilot-cli', 'Write', { path: '/a', file_text: 'x' }, [{ kind: 'file.write', path: '/a', text: 'x' }]],
  ['copilot-cli', 'Edit', { path: '/a', old_str: 'x', new_str: 'y' }, [edited('/a', 'x', 'y')]],
  ['copilot-cli', 'Edit', '*** Begin Patch', [{ kind: 'file.patch', patch: '*** Begin Patch' }]],
  [
    'copilot-cli',
    'Edit',
    { command: 'create', path: '/a', file_text: 'x' },
    [{ kind: 'file.write', path: '/a', text: 'x' }],
  ],
  ['copilot-cli', 'write_bash', { sessionId: '1', input: 'y' }, [{ kind: 'shell.input', text: 'y' }]],
  [
    'copilot-cli',
    'gh-create_issue',
    { a: 1 },
    [{ kind: 'unknown', tool: 'gh-create_issue', args: { a: 1 } }],
  ],
  ['cursor', 'Shell', { command: 'ls' }, [shell('ls')]],
  ['cursor', 'Delete', { file_path: '/a' }, [{ kind: 'file.delete', path: '/a' }]],
  ['cursor', 'Grep', { pattern: 'x', path: '/etc' }, [{ kind: 'file.search', path: '/etc', pattern: 'x' }]],
  ['cursor', 'MCP:gh:create', { a: 1 }, [{ kind: 'mcp.call', server: 'gh', tool: 'create', args: { a: 1 } }]],
  ['cursor', 'MCP:create', '{"a":1}', [{ kind: 'mcp.call', server: '?', tool: 'create', args: { a: 1 } }]],
  ['vscode', 'run_in_terminal', { command: 'ls' }, [shell('ls')]],
  [
    'vscode',
    'multi_replace_string_in_file',
    {
      replacements: [
        { filePath: '/a', oldString: 'x', newString: 'y' },
        { filePath: '/b', oldString: 'p', newString: 'q' },
      ],
    },
    [edited('/a', 'x', 'y'), edited('/b', 'p', 'q')],
  ],
  [
    'vscode',
    'fetch_webpage',
    { urls: ['https://a.example', 'https://b.example'], query: 'q' },
    [
      { kind: 'network.fetch', url: 'https://a.example' },
      { kind: 'network.fetch', url: 'https://b.example' },
    ],
  ],
  ['vscode', 'mcp_gh_create_issue', {}, [{ kind: 'mcp.call', server: 'gh', tool: 'create_issue', args: {} }]],
  ['opencode', 'bash', { command: 'ls' }, [shell('ls')]],
  ['opencode', 'patch', { patchText: '*** Begin Patch' }, [{ kind: 'file.patch', patch: '*** Begin Patch' }]],
  [
    'opencode',
    'batch',
    {
      tool_calls: [
        { tool: 'bash', parameters: { command: 'ls' } },
        { tool: 'gh_create', parameters: {} },
      ],
    },
    [shell('ls'), { kind: 'unknown', tool: 'gh_create', args: {} }],
  ],
  [
    'opencode',
    'batch',
    { tool_calls: [{ tool: 'bash', parameters: { command: 'rm -rf *', workdir: '/home/dev/my work' } }] },
    [shell("cd '/home/dev/my work'\nrm -rf *")],
  ],
]

describe('a tool', () => {
  it.each(TOOLS)('of %s: %s %j', (client, tool, input, actions) => {
    const read = readHookEvent(client, bytesOf(BEFORE[client]?.(tool, input)))
    expect(isHookFault(read) ? read.detail : read.actions).toEqual(actions)
  })

  it('gives every kind of action but those that only other events and the sandbox tell of', () => {
    const kinds = new Set(TOOLS.flatMap(([, , , actions]) => actions.map(({ kind }) => kind)))
    expect(LOCAL_KINDS.filter((kind) => !kinds.has(kind))).toEqual(['network.connect', 'kernel.call'])
  })

  it.each([
    ['claude-code', 'Bash', { cmd: 'ls' }],
    ['claude-code', 'Bash', { command: ['ls'] }],
    ['claude-code', 'Read', { file_path: 7 }],
    ['claude-code', 'Read', {}],
    ['claude-code', 'Edit', { file_path: '/a', old_string: 'x', new_string: { y: 1 } }],
    ['claude-code', 'MultiEdit', { file_path: '/a', edits: ['x'] }],
    ['claude-code', 'Glob', { pattern: '*', path: ['/'] }],
    ['gemini-cli', 'read_file', { file_path: '/a', absolute_path: '/etc/shadow' }],
    ['gemini-cli', 'web_fetch', { prompt: 'no address in it' }],
    ['gemini-cli', 'run_shell_command', { command: 'ls', dir_path: '/a', directory: '/b' }],
    ['copilot-cli', 'Read', { path: '/a', file_path: '/b' }],
    ['copilot-cli', 'Edit', { command: 'undo_edit' }],
    ['cursor', 'MCP:create', '{"a":1,"a":2}'],
    ['cursor', 'MCP:create', 'rm'],
    ['vscode', 'multi_replace_string_in_file', { replacements: [] }],
    ['opencode', 'batch', { tool_calls: [{ tool: 'bash', parameters: {} }] }],
    ['claude-code', 'Bash', 'ls'],
    ['claude-code', '', {}],
  ] as const)(
    'of %s with an input that could mean something else is a fault: %s %j',
    (client, tool, input) => {
      expect(readHookEvent(client, bytesOf(BEFORE[client]?.(tool, input)))).toMatchObject({
        fault: 'event_malformed',
        answer: 'deny',
      })
    },
  )

  it.each([
    [
      { server: 'a__b', tool: 'mcp__a__b__c' },
      { server: 'a__b', tool: 'c' },
    ],
    [
      { server: 'my server', tool: 'mcp__my_server__x' },
      { server: 'my server', tool: 'x' },
    ],
    [
      { server: undefined, tool: 'mcp__a__b__c' },
      { server: 'a', tool: 'b__c' },
    ],
  ])('of an MCP server of Claude Code is parted as the client parts it: %j', ({ server, tool }, parts) => {
    const more = server === undefined ? {} : { mcp_server: { name: server, source: 'user' } }
    const read = readHookEvent('claude-code', bytesOf(BEFORE['claude-code']?.(tool, {}, more)))
    expect(read).toMatchObject({ actions: [{ kind: 'mcp.call', ...parts }] })
  })

  it('of an MCP server cannot pass for a tool of Gemini CLI by its name', () => {
    const mcp_context = { server_name: 'evil', tool_name: 'delete', command: 'x' }
    const payload = BEFORE['gemini-cli']?.('read_file', { file_path: '/a' }, { mcp_context })
    expect(readHookEvent('gemini-cli', bytesOf(payload))).toMatchObject({
      tool: 'read_file',
      actions: [{ kind: 'mcp.call', server: 'evil', tool: 'delete' }],
    })
  })

  it.each([
    ['claude-code', 'Bash', 'bash'],
    ['copilot-cli', 'Bash', 'powershell'],
    ['gemini-cli', 'run_shell_command', 'powershell'],
    ['cursor', 'Shell', 'powershell'],
  ] as const)('of %s on Windows is run by the shell of that client', (client, tool, name) => {
    const payload = BEFORE[client]?.(tool, { command: 'ls' }, { cwd: 'C:\\app' })
    expect(readHookEvent(client, bytesOf(payload))).toMatchObject({
      actions: [{ kind: 'shell', shell: name }],
    })
  })

  it.each([
    ['gemini-cli', 'run_shell_command', { command: 'ls', dir_path: 'sub' }, '/home/dev/app/sub'],
    ['opencode', 'bash', { command: 'ls', workdir: '/etc' }, '/etc'],
    ['codex', 'shell', { command: ['ls'], workdir: '/etc' }, '/etc'],
    ['opencode', 'bash', { command: 'ls' }, '/home/dev/app'],
    ['gemini-cli', 'list_directory', { dir_path: 'sub' }, '/home/dev/app'],
  ] as const)('of %s %s %j runs where its input says', (client, tool, input, cwd) => {
    expect(readHookEvent(client, bytesOf(BEFORE[client]?.(tool, input)))).toMatchObject({ cwd })
  })
})

const grepOf = (glob: string | readonly string[]) =>
  readHookEvent('claude-code', bytesOf(BEFORE['claude-code']?.('Grep', { pattern: '.', glob })))

describe('an event', () => {
  it.each([
    ['BeforeEverything', 'event_unknown', 'deny'],
    ['PreSend', 'event_unknown', 'deny'],
    ['MessageSend', 'event_unknown', 'deny'],
    ['tool.append', 'event_unknown', 'deny'],
    ['PermissionDenied', 'event_unmediated', 'ignore'],
    ['Stop', 'event_unmediated', 'ignore'],
    ['PostToolBatch', 'event_unmediated', 'ignore'],
    ['toString', 'event_unknown', 'deny'],
    ['', 'event_unknown', 'deny'],
  ] as const)('of Claude Code called %j is %s: %s', (hook_event_name, fault, answer) => {
    const payload = { hook_event_name, session_id: 's', transcript_path: '/t' }
    expect(readHookEvent('claude-code', bytesOf(payload))).toMatchObject({ fault, answer })
  })

  it.each<[FaultCode, HookClient, unknown]>([
    ['client_unknown', 'sandbox', '{}'],
    ['payload_too_large', 'codex', `{"a":"${'x'.repeat(8 * 1024 * 1024)}"}`],
    ['payload_malformed', 'codex', '{"hook_event_name":"PreToolUse"'],
    ['payload_ambiguous', 'codex', '{"hook_event_name":"PreToolUse","hook_event_name":"Stop"}'],
    ['event_malformed', 'codex', { hook_event_name: 'PreToolUse' }],
    [
      'event_malformed',
      'codex',
      { ...snake('PreToolUse', 'Bash', { command: 'a' }), session_id: 'x'.repeat(200) },
    ],
    ['event_malformed', 'windsurf', { agent_action_name: 'pre_run_command', tool_info: 'rm' }],
    [
      'event_malformed',
      'claude-code',
      { hook_event_name: 'UserPromptSubmit', session_id: 's', transcript_path: '/t' },
    ],
    ['event_unknown', 'codex', { hook_event_name: 'BeforeAll', session_id: 's', cwd: '/' }],
    ['event_unmediated', 'codex', { hook_event_name: 'Stop', session_id: 's', cwd: '/' }],
  ])('that is none is the fault %s', (code, client, payload) => {
    expect(readHookEvent(client, bytesOf(payload))).toMatchObject({ fault: code, detail: FAULTS[code] })
  })

  it('says which client it is when another one starts the hooks of Claude Code', () => {
    const vscode = BEFORE.vscode?.('run_in_terminal', { command: 'ls' })
    const copilot = { ...BEFORE['copilot-cli']?.('Read', { path: '/a' }), timestamp: '2026-11-20T10:00:00Z' }
    const cursor = { ...BEFORE.cursor?.('Shell', { command: 'ls' }), cursor_version: '3' }
    expect(readHookEvent('claude-code', bytesOf(vscode))).toMatchObject({
      client: 'vscode',
      tool: 'run_in_terminal',
    })
    expect(readHookEvent('claude-code', bytesOf(copilot))).toMatchObject({
      client: 'copilot-cli',
      tool: 'Read',
    })
    expect(readHookEvent('claude-code', bytesOf(cursor))).toMatchObject({ client: 'cursor', tool: 'Shell' })
  })

  it('never takes the root of the files for a workspace', () => {
    const payload = BEFORE.opencode?.('bash', { command: 'ls' }, { worktree: '/' })
    expect(readHookEvent('opencode', bytesOf(payload))).toMatchObject({ workspaces: ['/home/dev/app'] })
    const nowhere = BEFORE.opencode?.('bash', { command: 'ls' }, { worktree: '/', directory: '/' })
    expect(readHookEvent('opencode', bytesOf(nowhere))).toMatchObject({ workspaces: [] })
    const roots = { workspace_roots: ['C:\\', '/', '', '/home/dev/app'] }
    const cursor = BEFORE.cursor?.('Shell', { command: 'ls' }, roots)
    expect(readHookEvent('cursor', bytesOf(cursor))).toMatchObject({ workspaces: ['/home/dev/app'] })
  })

  it('that names files by more than anybody writes is none, in however many texts', () => {
    expect(isHookFault(grepOf([','.repeat(2_000), ','.repeat(2_000)]))).toBe(false)
    expect(isHookFault(grepOf(','.repeat(4_097)))).toBe(true)
    expect(isHookFault(grepOf(Array.from({ length: 300 }, () => ','.repeat(4_000))))).toBe(true)
  })

  it('names the agent inside the conversation, and bounds the name of the use of a tool', () => {
    const more = { agent_id: 'sub-1', tool_use_id: 'x'.repeat(500) }
    const read = readHookEvent(
      'claude-code',
      bytesOf(BEFORE['claude-code']?.('Bash', { command: 'a' }, more)),
    )
    expect(read).toMatchObject({ subagent: 'sub-1', toolUse: 'x'.repeat(128) })
  })
})
