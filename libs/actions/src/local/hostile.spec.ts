import { describe, expect, it } from '@jest/globals'
import type { LocalAction } from '@writ/contracts'
import { MAC, place, understood, WINDOWS } from './given.suite.ts'

const MANY = 200_000
const LONG: readonly (readonly [string, LocalAction])[] = [
  ['a path', { kind: 'file.read', path: './'.repeat(MANY) }],
  ['a path of dots', { kind: 'file.read', path: '../a/'.repeat(6000) }],
  ['a manifest of one word', { kind: 'file.write', path: 'package.json', text: 'a'.repeat(MANY) }],
  ['a manifest of quotes', { kind: 'file.write', path: 'package.json', text: '"a":"'.repeat(MANY / 4) }],
  [
    'a manifest of names',
    {
      kind: 'file.write',
      path: 'package.json',
      text: JSON.stringify({
        dependencies: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`n${at}`, '1'])),
      }),
    },
  ],
  ['a lock file of one word', { kind: 'file.write', path: 'yarn.lock', text: 'a'.repeat(MANY) }],
  [
    'a lock file of digests',
    { kind: 'file.write', path: 'go.sum', text: `a v1 h1:${'A'.repeat(44)}\n`.repeat(10_000) },
  ],
  [
    'an open list',
    {
      kind: 'file.write',
      path: 'pyproject.toml',
      text: `[project]\ndependencies = [\n${'"a",\n'.repeat(40_000)}`,
    },
  ],
  [
    'tables of servers',
    { kind: 'file.write', path: '.codex/config.toml', text: '[mcp_servers.x]\n['.repeat(20_000) },
  ],
  ['servers in pieces', { kind: 'file.write', path: '.mcp.json', text: '"a":{"b" '.repeat(30_000) }],
  ['settings', { kind: 'file.write', path: '.npmrc', text: 'registry'.repeat(40_000) }],
  ['a requirement', { kind: 'file.write', path: 'requirements.txt', text: '-e '.repeat(60_000) }],
  [
    'edits',
    {
      kind: 'file.write',
      path: 'a.ts',
      edits: Array.from({ length: 20_000 }, () => ({ before: 'x', after: 'xx' })),
    },
  ],
  [
    'a patch',
    {
      kind: 'file.patch',
      patch: `*** Begin Patch\n*** Update File: package.json\n${'@@\n-a\n+b\n'.repeat(20_000)}*** End Patch`,
    },
  ],
  [
    'files of a patch',
    { kind: 'file.patch', patch: `*** Begin Patch\n${'*** Delete File: a\n'.repeat(5000)}*** End Patch` },
  ],
  ['a script', { kind: 'file.write', path: 'a.sh', text: 'rm -rf $X; '.repeat(20_000) }],
  ['PowerShell', { kind: 'shell', shell: 'powershell', command: 'iwr '.repeat(50_000) }],
  ['PowerShell paths', { kind: 'shell', shell: 'powershell', command: 'C:\\a '.repeat(50_000) }],
  ['an address', { kind: 'network.fetch', url: `https://${'1-2-3-4.'.repeat(20_000)}nip.io/` }],
  ['a host', { kind: 'network.connect', host: '::'.repeat(50_000), port: 1 }],
  [
    'arguments',
    { kind: 'unknown', tool: 'x', args: { a: Array.from({ length: 50_000 }, () => '/etc/shadow') } },
  ],
  ['a search', { kind: 'file.search', path: '~', pattern: '*'.repeat(10_000) }],
  ['an install', { kind: 'shell', command: `npm i ${'a'.repeat(7000)}` }],
]

const said = (action: LocalAction) => understood(action).facts.map(({ kind }) => kind)

describe('an action that is made to be costly', () => {
  it.each(LONG)('by %s is understood in bounded time', (_, action) => {
    for (const on of [place, MAC, WINDOWS]) {
      const startMs = performance.now()
      const { facts } = understood(action, on)
      expect(performance.now() - startMs).toBeLessThan(4000)
      expect(facts.length).toBeLessThan(2000)
    }
  })

  it('and left out in parts says so', () => {
    for (const name of ['a path', 'a manifest of names', 'files of a patch', 'PowerShell'])
      expect(said(LONG.find(([one]) => one === name)?.[1] ?? { kind: 'web.search', query: '' })).toContain(
        'unresolvable',
      )
  })
})
