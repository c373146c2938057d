import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createPackageKnowledge, starterIntelligence } from '@writ/actions'
import { HOOKS_BY_DEFAULT } from '@writ/contracts'
import { localFiles, planSandbox, CLIENT_PROFILES, isFault } from '@writ/sandbox'
import { Failure } from '../failure.ts'
import { findBubblewrap } from './bubblewrap.ts'
import { socketBefore } from './deferred.ts'
import type { RunOptions } from './options.ts'
import { boundSecrets, hostRules, profileOf, realPaths, registries } from './options.ts'
import { packageFaults, readPackageKnowledge } from './package-faults.ts'
import { placePlaceholders } from './placeholders.ts'
import { deniedLines, hostLines, receiptText } from './receipt.ts'
import { newRepositories, repositoriesIn } from './repositories.ts'
import { startingPolicies } from './starting-policies.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wr-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const OPTIONS: RunOptions = {
  policy: [],
  observe: false,
  unconfinedObserve: false,
  workspace: [],
  read: [],
  allowWrite: [],
  allowHost: [],
  allowPrivate: [],
  anyHost: false,
  opaqueHost: [],
  env: [],
  inject: [],
  registry: [],
  json: false,
}

describe('the options of a run', () => {
  it('know a client by its program, and by what the person says', () => {
    expect(profileOf({}, '/opt/bin/claude')).toBe('claude-code')
    expect(profileOf({}, 'make')).toBe('command')
    expect(profileOf({ profile: 'codex' }, 'claude')).toBe('codex')
  })

  it('list the hosts of the model, and those that are named', () => {
    const rules = hostRules('claude-code', {
      ...OPTIONS,
      allowHost: ['a.example', 'outside.writ:8080'],
      allowPrivate: ['b.example:1'],
    })
    expect(rules).toContainEqual({ host: 'api.anthropic.com', port: null, mayBePrivate: false })
    expect(rules).toContainEqual({ host: 'a.example', port: null, mayBePrivate: false })
    expect(rules).toContainEqual({ host: 'outside.writ', port: 8080, mayBePrivate: true })
    expect(rules).toContainEqual({ host: 'b.example', port: 1, mayBePrivate: true })
  })

  it.each([
    ['a host that is none', () => hostRules('command', { ...OPTIONS, allowHost: ['https://a'] })],
    [
      'a private host without its port',
      () => hostRules('command', { ...OPTIONS, allowPrivate: ['a.example'] }),
    ],
    ['a secret that is not set', () => boundSecrets({ ...OPTIONS, inject: ['KEY=a.example'] }, {})],
    [
      'a secret that is too short to be found again',
      () => boundSecrets({ ...OPTIONS, inject: ['KEY=a.example'] }, { KEY: 'short' }),
    ],
    ['a secret for no host', () => boundSecrets({ ...OPTIONS, inject: ['KEY'] }, { KEY: 'long-enough' })],
    ['a registry of no kind', () => registries({ ...OPTIONS, registry: ['other=a.example'] })],
    ['a path that is not there', () => realPaths(['/no/such/path'], '/')],
  ])('refuse %s', (_name, read) => {
    expect(read).toThrow(Failure)
  })

  it('do not print a secret that they refuse', () => {
    expect(() => boundSecrets({ ...OPTIONS, inject: ['KEY=a b'] }, { KEY: 'hush-hush-hush' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    )
  })
})

describe('placeholders', () => {
  it('are made, and are gone when the last run that needs them has ended', () => {
    const wanted = [
      { path: join(root, '.mcp.json'), kind: 'file', text: '{}' },
      { path: join(root, '.vscode'), kind: 'directory', text: '' },
    ] as const
    const first = placePlaceholders(join(root, 'notes'), wanted)
    const second = placePlaceholders(join(root, 'notes'), wanted)
    expect(readFileSync(join(root, '.mcp.json'), 'utf8')).toBe('{}')
    first()
    expect(existsSync(join(root, '.vscode'))).toBe(true)
    second()
    expect(readdirSync(root)).toEqual(['notes'])
  })

  it('stay where somebody has put something into them', () => {
    const remove = placePlaceholders(join(root, 'notes'), [
      { path: join(root, '.mcp.json'), kind: 'file', text: '{}' },
    ])
    writeFileSync(join(root, '.mcp.json'), '{"mine":1}')
    remove()
    expect(readFileSync(join(root, '.mcp.json'), 'utf8')).toBe('{"mine":1}')
  })

  it('of a run that crashed are removed by the next', () => {
    const notes = join(root, 'notes')
    mkdirSync(notes)
    writeFileSync(join(root, '.envrc'), '')
    const placeholders = [{ path: join(root, '.envrc'), kind: 'file', text: '' }]
    writeFileSync(join(notes, '1-1.json'), JSON.stringify({ pid: 2 ** 22 - 1, begun: '1', placeholders }))
    placePlaceholders(notes, [])()
    expect(existsSync(join(root, '.envrc'))).toBe(false)
  })
})

const saidBy = (path: string): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect({ path })
    socket.on('data', (bytes: Buffer) => (text += bytes.toString('utf8')))
    socket.on('error', () => resolve(text)).on('close', () => resolve(text))
  })

describe('a socket that is there before who answers', () => {
  it('lets early questions wait, and turns them away where nobody comes', async () => {
    const there = join(root, 'there.sock')
    const server = createServer((socket) => void socket.end('answer'))
    const came = new Promise<string>((resolve) => server.listen(there, () => resolve(there)))
    const close = await socketBefore(
      join(root, 'a.sock'),
      new Promise((resolve) => setTimeout(() => resolve(came), 50)),
    )
    expect(await saidBy(join(root, 'a.sock'))).toBe('answer')
    await close()
    const never = Promise.reject(new Error('no policy'))
    never.catch(() => undefined)
    const closeOther = await socketBefore(join(root, 'b.sock'), never)
    expect(await saidBy(join(root, 'b.sock'))).toBe('')
    await closeOther()
    server.close()
  })
})

describe('bubblewrap', () => {
  it('that does not run is no sandbox, and nothing is taken for one', async () => {
    writeFileSync(join(root, 'bwrap'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    mkdirSync(join(root, 'copies/bubblewrap/usr/bin'), { recursive: true })
    writeFileSync(join(root, 'copies/bubblewrap/usr/bin/bwrap'), '#!/bin/sh\necho bubblewrap 0.4.1\n', {
      mode: 0o755,
    })
    const found = await findBubblewrap({ PATH: root }, join(root, 'copies'), () => undefined)
    expect(found).toEqual({ why: 'bubblewrap 0.4.1 is too old: 0.8 or later is needed' })
  })
})

describe('the policies of a run without any', () => {
  it('are files of all templates for local actions, and of no other', () => {
    const files = startingPolicies(join(root, 'policies'))
    expect(files.length).toBeGreaterThanOrEqual(8)
    for (const file of files) expect(readFileSync(file, 'utf8')).toContain('"hooks"')
    expect(startingPolicies(join(root, 'policies'))).toEqual(files)
  })
})

describe('what is known against packages', () => {
  it('is what knowledge says, by the name and the version', async () => {
    const knowledge = createPackageKnowledge({
      intelligence: starterIntelligence(),
      rules: HOOKS_BY_DEFAULT.packages,
    })
    const faultOf = packageFaults(() => knowledge)
    expect(await faultOf('npm', 'flatmap-stream', '0.1.1')).toMatch(/malicious/)
    expect(await faultOf('npm', 'left-pad', null)).toBeNull()
  })

  it('cannot be had of a file that says none', () => {
    writeFileSync(join(root, 'p.json'), '{}')
    expect(() => readPackageKnowledge(join(root, 'p.json'))).toThrow(Failure)
  })
})

describe('the receipt', () => {
  const seen = [
    {
      host: 'a.example',
      port: 443,
      verb: null,
      path: null,
      outcome: 'allow',
      reason: '',
      decisionId: 'dec_1',
    },
    {
      host: 'a.example',
      port: 443,
      verb: 'GET',
      path: '/x',
      outcome: 'deny',
      reason: 'no',
      decisionId: 'dec_2',
    },
  ] as const
  const actions = [{ what: 'Bash (claude-code)', outcome: 'ask', reason: 'first ask', decisionId: 'dec_3' }]

  it('counts hosts, and names what was not allowed, with the decision', () => {
    expect(hostLines(seen)).toEqual([{ host: 'a.example:443', allowed: 1, denied: 1 }])
    expect(deniedLines(seen, actions).map(({ what, decisionId }) => [what, decisionId])).toEqual([
      ['Bash (claude-code)', 'dec_3'],
      ['GET a.example:443/x', 'dec_2'],
    ])
  })

  it('says what was covered, what to look at, and how to verify', () => {
    const text = receiptText({
      command: ['claude'],
      profile: 'claude-code',
      confinement: 'bubblewrap 0.8.0',
      mode: 'enforce',
      exitCode: 0,
      durationMs: 1234,
      hosts: hostLines(seen),
      actions,
      denied: deniedLines(seen, actions),
      refused: [
        { what: 'read /home/dev/.ssh/id', reason: 'not shown', times: 3, decisionId: 'dec_4' },
        { what: 'mount', reason: 'not made', times: 1, decisionId: '' },
      ],
      hidden: ['/ws/.env'],
      newRepositories: ['/ws/sub/.git'],
      records: '/r',
      verify: 'writ audit verify evidence.json',
    })
    for (const part of [
      '/ws/.env',
      '/ws/sub/.git is new',
      'writ audit verify',
      'GET a.example:443/x: no (dec_2)',
      '1.2 s',
      'read /home/dev/.ssh/id (3 times): not shown (dec_4)',
      'mount: not made (not recorded)',
    ])
      expect(text).toContain(part)
  })
})

describe('repositories', () => {
  it('that come up are found, but not among dependencies', () => {
    mkdirSync(join(root, '.git'))
    const before = repositoriesIn([root])
    mkdirSync(join(root, 'sub/.git'), { recursive: true })
    mkdirSync(join(root, 'node_modules/x/.git'), { recursive: true })
    expect(newRepositories(before, [root])).toEqual([join(root, 'sub/.git')])
  })
})

describe('a plan on this machine', () => {
  it('is made of real paths, and shows no key of the home', () => {
    const [home, ws] = [join(root, 'home'), join(root, 'home/ws')]
    for (const folder of [join(home, '.ssh'), ws]) mkdirSync(folder, { recursive: true })
    const plan = planSandbox(
      {
        profile: CLIENT_PROFILES.command,
        home,
        ownHome: join(home, '.writ'),
        workspaces: [ws],
        readable: [],
        writable: [],
        programs: [process.execPath],
        own: [],
        covers: { file: '/dev/null', directory: '/var/empty' },
      },
      localFiles,
    )
    expect(isFault(plan)).toBe(false)
    expect('mounts' in plan && plan.mounts.filter(({ at }) => at.includes('.ssh'))).toEqual([])
  })
})
