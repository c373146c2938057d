import { describe, expect, it } from '@jest/globals'
import type { LocalAction } from '@writ/contracts'
import { LocalFact } from '@writ/contracts'
import * as fc from 'fast-check'
import { LOCAL_FACT_KINDS } from './kinds.ts'
import { understand } from './understand.ts'
import type { LocalArgs } from './understood.ts'
import { factsFound, MAC, place, understood, WINDOWS, world } from './given.suite.ts'

const shown = (action: LocalAction): string => {
  const { action: classed } = understood(action)
  return `${classed.class} (${classed.classSource}) ${classed.method} ${classed.tool}`
}

describe('an action', () => {
  it.each<[LocalAction, string]>([
    [{ kind: 'shell', command: 'ls src' }, 'read.private (inferred) hook/shell shell'],
    [{ kind: 'shell', command: 'git status' }, 'read.private (inferred) hook/shell shell'],
    [{ kind: 'shell', command: 'git push origin main' }, 'write.shared (inferred) hook/shell shell'],
    [{ kind: 'shell', command: 'curl -d x https://x.example' }, 'sink.external (inferred) hook/shell shell'],
    [{ kind: 'shell', command: 'curl https://x.example' }, 'read.untrusted (inferred) hook/shell shell'],
    [
      { kind: 'shell', command: 'curl -d x http://localhost:1/' },
      'read.untrusted (inferred) hook/shell shell',
    ],
    [{ kind: 'shell', command: 'rm -rf dist' }, 'destructive (inferred) hook/shell shell'],
    [{ kind: 'shell', command: '' }, 'exec (catalogue) hook/shell shell'],
    [{ kind: 'shell', command: 'frobnicate' }, 'exec (inferred) hook/shell shell'],
    [{ kind: 'shell.input', text: 'y\n' }, 'exec (catalogue) hook/shell.input shell.input'],
    [{ kind: 'file.read', path: 'src/a.ts' }, 'read.private (catalogue) hook/file.read file.read'],
    [{ kind: 'file.read', path: '~/.netrc' }, 'credential (inferred) hook/file.read file.read'],
    [
      { kind: 'file.write', path: 'src/a.ts', text: '' },
      'write.local (catalogue) hook/file.write file.write',
    ],
    [
      { kind: 'file.write', path: '.claude/settings.json', text: '' },
      'admin (inferred) hook/file.write file.write',
    ],
    [{ kind: 'file.delete', path: 'src/a.ts' }, 'destructive (catalogue) hook/file.delete file.delete'],
    [
      { kind: 'file.search', path: '.', pattern: 'x' },
      'read.private (catalogue) hook/file.search file.search',
    ],
    [
      { kind: 'network.fetch', url: 'https://x.example' },
      'read.untrusted (catalogue) hook/network.fetch network.fetch',
    ],
    [
      { kind: 'network.fetch', url: 'https://x.example', verb: 'POST' },
      'sink.external (catalogue) hook/network.fetch network.fetch',
    ],
    [
      { kind: 'network.connect', host: 'x.example', port: 443 },
      'read.untrusted (catalogue) hook/network.connect network.connect',
    ],
    [{ kind: 'web.search', query: 'x' }, 'read.untrusted (catalogue) hook/web.search web.search'],
    [{ kind: 'agent.start', task: 'x' }, 'exec (catalogue) hook/agent.start agent.start'],
    [
      { kind: 'mcp.call', server: 'jira', tool: 'get_issue', args: {} },
      'read.untrusted (catalogue) hook/mcp.call get_issue',
    ],
    [
      { kind: 'mcp.call', server: 'files', tool: 'read_file', args: { path: '/home/dev/.ssh/id_rsa' } },
      'credential (inferred) hook/mcp.call read_file',
    ],
    [
      { kind: 'client.tool', tool: 'TodoWrite', args: {} },
      'read.public (catalogue) hook/client.tool TodoWrite',
    ],
    [{ kind: 'unknown', tool: 'Odd', args: {} }, 'exec (catalogue) hook/unknown Odd'],
  ])('has a class, a method and a tool: %j is %s', (action, wanted) => expect(shown(action)).toBe(wanted))

  it('is told to policies in words of ours, with what the client sent beside them', () => {
    const { args } = understood({
      kind: 'shell',
      command: 'cat a > ../b; curl https://x.example; npm i left-pad',
    })
    expect(args).toEqual({
      kind: 'shell',
      facts: ['destructive_delete', 'package_install'],
      sure: [],
      paths: { read: ['/home/dev/app/a'], write: ['/home/dev/b'], delete: [] },
      outside: true,
      hosts: ['x.example'],
      packages: ['npm/left-pad'],
      programs: ['cat', 'curl', 'npm'],
      input: { command: 'cat a > ../b; curl https://x.example; npm i left-pad' },
    } satisfies LocalArgs)
  })

  it('of a server has the arguments of its tool, and nothing that looks like ours', () => {
    const args = { sure: ['x'], path: '/home/dev/.netrc' }
    const found = understood({ kind: 'mcp.call', server: 's', tool: 't', args })
    expect(found.args).toBe(args)
    expect(found.facts).toEqual([{ kind: 'credential_read', operand: '/home/dev/.netrc', certainty: 'sure' }])
  })

  it('has facts that a record can keep, of kinds that are listed', () => {
    const pieces = fc.constantFrom(
      '~',
      '/',
      '.ssh',
      'id_rsa',
      '..',
      '\ud800',
      '\0',
      '\u200b',
      'C:\\',
      '*',
      'a'.repeat(600),
    )
    const property = fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const path = parts.join('')
      const actions: LocalAction[] = [
        { kind: 'file.read', path },
        { kind: 'file.write', path, text: path },
        { kind: 'shell', command: `cat ${path}` },
        { kind: 'shell', shell: 'powershell', command: path },
        { kind: 'network.fetch', url: path },
        { kind: 'file.patch', patch: `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch` },
      ]
      for (const on of [place, WINDOWS, MAC])
        for (const action of actions)
          for (const fact of understand(action, on, world).facts) {
            expect(LocalFact.safeParse(fact).success).toBe(true)
            expect(LOCAL_FACT_KINDS).toContain(fact.kind)
          }
    })
    fc.assert(property, { numRuns: 150, seed: 5 })
  })
})

describe('what cannot be read', () => {
  const action: LocalAction = { kind: 'unknown', tool: 'Odd', args: {} }
  const told = (unknown: 'allow' | 'ask' | 'deny') => {
    const { args, facts } = understand(action, place, { ...world, unknown })
    return { facts: args['facts'], sure: args['sure'], kept: facts.map(({ kind }) => kind) }
  }

  it('is a question, a no, or only kept in the record, as the tenant says', () => {
    expect(told('ask')).toEqual({ facts: ['unknown_tool'], sure: [], kept: ['unknown_tool'] })
    expect(told('deny')).toEqual({
      facts: ['unknown_tool', 'unknown_refused'],
      sure: ['unknown_refused'],
      kept: ['unknown_tool', 'unknown_refused'],
    })
    expect(told('allow')).toEqual({ facts: [], sure: [], kept: ['unknown_tool'] })
  })

  it('is what is typed into a program that runs, unless it answers a question', () => {
    expect(factsFound({ kind: 'shell.input', text: 'import os\n' })).toContain('opaque_exec possible')
    for (const text of ['y\n', 'no', '2', '\u0003', ''])
      expect(factsFound({ kind: 'shell.input', text })).toEqual([])
  })
})
