import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { InventoryReport } from '@writ/contracts'
import type { GivenFile } from './given-disk.suite.ts'
import { inventoryOf } from './given-disk.suite.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const characters = (most: number, least: number, from: string) =>
  fc.string({ unit: fc.constantFrom(...from.split('')), minLength: least, maxLength: most })

/** What a service generates: seen to be a secret wherever it stands. */
const generated = fc.oneof(
  characters(64, 32, LETTERS).filter((text) => new Set(text).size > 12),
  characters(64, 32, '0123456789abcdef').filter((text) => new Set(text).size > 8),
  characters(40, 36, LETTERS).map((text) => `ghp_${text}`),
  characters(40, 24, LETTERS).map((text) => `sk-ant-api03-${text}`),
)
/** What people make up: known to be a secret where one belongs. */
const madeUp = fc.oneof(
  characters(40, 8, `${LETTERS}!.-_*+ ü`).filter(
    (text) => /[a-z].*\S{4}/i.test(text.trim()) && !/here$|^your/i.test(text),
  ),
  fc.constantFrom(
    'correct-horse-battery-staple',
    'Tulpenfeld 1999!',
    'hunter2hunter2',
    'cursor-claude-code',
    'a/b~c/d e',
  ),
)

type Configured = Readonly<Record<string, GivenFile>>
const cursor = (entry: object, name = 'one', more: object = {}): Configured => ({
  '/home/ana/.cursor/mcp.json': JSON.stringify({ ...more, mcpServers: { [name]: entry } }),
})
const URL = 'https://mcp.example/mcp'

/** Where a secret belongs, and where it may stand once more. */
const BELONGS: Readonly<Record<string, (secret: string) => Configured>> = {
  env: (secret) => cursor({ command: 'x', env: { API_KEY: secret } }),
  'env and name': (secret) => cursor({ command: 'x', env: { API_KEY: secret } }, `for ${secret}`),
  'env and command': (secret) => cursor({ command: `/opt/${secret}/${secret}`, env: { API_KEY: secret } }),
  'env and long name': (secret) =>
    cursor({ command: 'x', env: { API_KEY: secret } }, 'n'.repeat(118) + secret),
  'env, and in another file': (secret) => ({
    ...cursor({ command: 'x', env: { API_KEY: secret } }),
    '/home/ana/.claude.json': JSON.stringify({
      projects: { [`/srv/${secret}`]: { mcpServers: { [secret]: { command: secret } } } },
    }),
    '/home/ana/.claude/settings.json': JSON.stringify({
      hooks: { [secret]: [{ command: `run ${secret}` }] },
    }),
    [`/home/ana/.claude/skills/${secret.replaceAll('/', '')}-x/SKILL.md`]: '',
  }),
  header: (secret) => cursor({ url: URL, headers: { Authorization: secret } }),
  bearer: (secret) => cursor({ url: URL, headers: { Authorization: `Bearer ${secret}` } }),
  option: (secret) => cursor({ command: 'x', args: ['--token', `x${secret}`] }),
  'option in one word': (secret) => cursor({ command: 'x', args: [`--token=${secret}`] }),
  'header of a bridge': (secret) =>
    cursor({ command: 'npx', args: ['mcp-remote', URL, '--header', `Authorization: Bearer ${secret}`] }),
  parameter: (secret) => cursor({ url: `${URL}?token=${encodeURIComponent(secret)}` }),
  password: (secret) => cursor({ url: `https://u:${encodeURIComponent(secret)}@mcp.example/mcp` }),
  'client secret': (secret) => cursor({ url: URL, oauth: { client_secret: secret } }),
  default: (secret) => cursor({ command: 'x', env: { API_KEY: `\${K:-${secret}}` } }),
  toml: (secret) => ({
    '/home/ana/.codex/config.toml': `[mcp_servers.a]\nurl = "${URL}"\nhttp_headers = { "x-token" = ${JSON.stringify(secret)} }\n`,
  }),
  yaml: (secret) => ({
    '/home/ana/.config/goose/config.yaml': `extensions:\n  a:\n    cmd: x\n    envs: {TOKEN: ${JSON.stringify(secret)}}\n`,
  }),
}

/** Where no secret belongs. */
const ANYWHERE: Readonly<Record<string, (secret: string) => Configured>> = {
  name: (secret) => cursor({ command: 'x' }, secret),
  'part of a name': (secret) => cursor({ command: 'x' }, `mail (${secret}) of ana`),
  command: (secret) => cursor({ command: `/opt/${secret}` }),
  'whole line': (secret) => cursor({ command: `run ${secret}` }),
  package: (secret) => cursor({ command: 'npx', args: ['-y', `left-pad-${secret}@${secret}`] }),
  image: (secret) => cursor({ command: 'docker', args: ['run', `h.example/${secret}:${secret}`] }),
  word: (secret) => cursor({ command: 'x', args: [secret, `-${secret}`, `--${secret}=${secret}`] }),
  'name of a variable': (secret) =>
    cursor({ command: 'x', env: { [secret]: 'x', [`TOKEN_${secret}`]: '$X' } }),
  'name of a header': (secret) => cursor({ url: URL, headers: { [`x-token-${secret}`]: '$X' } }),
  host: (secret) => cursor({ url: `https://${secret}.example/mcp` }),
  path: (secret) => cursor({ url: `https://mcp.example/${secret}/mcp#${secret}` }),
  'no address': (secret) => cursor({ url: `mcp.example/${secret}` }),
  'unknown member': (secret) =>
    cursor({ command: 'x', description: secret, cwd: `/x/${secret}`, note: secret, type: secret }, 'one', {
      [secret]: secret,
    }),
  comment: (secret) => ({ '/home/ana/.cursor/mcp.json': `// ${secret}\n{"mcpServers":{}} // ${secret}` }),
  'broken JSON': (secret) => ({
    '/home/ana/.cursor/mcp.json': `{"mcpServers":{"a":{"command":"x"}},${secret}`,
  }),
  'broken TOML': (secret) => ({ '/home/ana/.codex/config.toml': `a = ${secret}` }),
  'broken YAML': (secret) => ({ '/home/ana/.config/goose/config.yaml': `a: [${secret}: {` }),
  hook: (secret) => ({
    '/home/ana/.claude/settings.json': JSON.stringify({
      hooks: {
        [secret]: [{ hooks: [{ command: `/opt/${secret} --token ${secret}` }] }],
        Stop: [{ url: `https://${secret}.example/${secret}` }],
      },
    }),
  }),
  workspace: (secret) => ({
    '/home/ana/.claude.json': JSON.stringify({
      projects: { [`/srv/${secret}`]: { mcpServers: { a: { command: 'x' } } } },
    }),
    [`/srv/${secret}/.mcp.json`]: '{"mcpServers":{"b":{"command":"x"}}}',
  }),
  skill: (secret) => ({ [`/home/ana/.claude/skills/${secret}/SKILL.md`]: secret }),
  plugin: (secret) => ({
    [`/home/ana/.claude/plugins/cache/${secret}/.mcp.json`]: '{"mcpServers":{"b":{"command":"x"}}}',
  }),
  version: (secret) => ({
    '/usr/share/code/resources/app/package.json': JSON.stringify({ version: secret }),
  }),
  process: (secret) => ({ '/proc/7/cmdline': `claude\0--yolo=${secret}\0-p\0${secret}` }),
  tokens: (secret) => ({
    '/home/ana/.codex/auth.json': {
      text: JSON.stringify({ tokens: { a: { serverUrl: secret, access: secret } } }),
      mode: 0o644,
    },
  }),
  'managed file': (secret) => ({
    '/etc/claude-code/managed-settings.json': {
      text: JSON.stringify({ requiredMinimumVersion: secret, hooks: { PreToolUse: [{ command: secret }] } }),
      owner: 0,
      mode: 0o644,
    },
  }),
}

const LEAKS = 7

/** Pieces of the secret that stand in the report; the last 4 characters of a long one may. */
function leaked(secret: string, files: Configured): readonly string[] {
  const report = InventoryReport.parse(inventoryOf(files))
  const text = JSON.stringify(report, (name, value: unknown) =>
    name === 'last4' || name === 'hash' ? null : value,
  )
  const plain = secret.trim()
  const size = Math.min(LEAKS, plain.length)
  return Array.from({ length: plain.length - size + 1 }, (_, at) => plain.slice(at, at + size)).filter(
    (piece) => text.includes(JSON.stringify(piece).slice(1, -1)) && !JSON.stringify(BLANK).includes(piece),
  )
}
/** Words that are in every report. */
const BLANK = [
  inventoryOf(cursor({ command: 'x', env: { API_KEY: 'a'.repeat(9) } })),
  'claude-code',
  'managed-',
  'left-pad',
]

describe('no secret is in a report', () => {
  it.each(Object.entries(BELONGS))(
    'that stands where one belongs, whatever it looks like: %s',
    (_, files) => {
      fc.assert(
        fc.property(fc.oneof(generated, madeUp), (secret) => {
          expect(leaked(secret, files(secret))).toEqual([])
        }),
        { numRuns: 25, seed: 11 },
      )
    },
  )

  it.each(Object.entries(ANYWHERE))('that stands where none belongs: %s', (_, files) => {
    fc.assert(
      fc.property(generated, (secret) => {
        expect(leaked(secret, files(secret))).toEqual([])
      }),
      { numRuns: 25, seed: 11 },
    )
  })

  it('that stands at several places at once', () => {
    const all = Object.values({ ...BELONGS, ...ANYWHERE })
    fc.assert(
      fc.property(generated, fc.subarray(all, { minLength: 2 }), (secret, some) => {
        expect(leaked(secret, Object.assign({}, ...some.map((files) => files(secret))))).toEqual([])
      }),
      { numRuns: 40, seed: 11 },
    )
  })

  it('and this would see one', () => {
    const secret = 'tulips'.repeat(4)
    expect(leaked(secret, cursor({ command: 'x' }, secret))).not.toEqual([])
  })
})
