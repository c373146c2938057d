import { describe, expect, it } from '@jest/globals'
import { CLIENT_PROFILES } from '../profiles.ts'
import { bubblewrapArguments } from './bubblewrap.ts'
import type { LocalFiles, PathKind } from './local-files.ts'
import { isFault } from './mounts.ts'
import type { SandboxAsk, SandboxPlan } from './plan.ts'
import { planSandbox } from './plan.ts'
import { PROTECTED } from './protected.ts'

const HOME = '/home/ada'
const WS = '/home/ada/work'

type Tree = Readonly<Record<string, PathKind | `-> ${string}`>>

const MACHINE: Tree = {
  '/usr': 'directory',
  '/bin': '-> usr/bin',
  '/etc': 'directory',
  '/etc/passwd': 'file',
  '/etc/shadow': 'file',
  '/etc/ssh': 'directory',
  '/etc/ssl': 'directory',
  '/etc/ssl/private': 'directory',
  '/etc/codex': 'directory',
  '/etc/codex/requirements.toml': 'file',
  '/etc/codex/other.toml': 'file',
  '/usr/bin/claude': 'file',
  [WS]: 'directory',
  [`${WS}/.git`]: 'directory',
  [`${WS}/.git/config`]: 'file',
  [`${WS}/.git/hooks`]: 'directory',
}

const KINDS: readonly string[] = ['file', 'directory', 'link', 'other', 'absent']
const isKind = (found: string): found is PathKind => KINDS.includes(found)

const filesOf = (tree: Tree): LocalFiles => {
  const kindOf = (path: string): PathKind => {
    const found = tree[path] ?? 'absent'
    return isKind(found) ? found : 'link'
  }
  return {
    kindOf,
    realPath: (path) => {
      const found = tree[path]
      return found === undefined ? null : found.startsWith('-> /') ? found.slice('-> '.length) : path
    },
    targetOf: (link) => tree[link]?.replace('-> ', '') ?? null,
    namesIn: (directory) =>
      Object.keys(tree).flatMap((path) => {
        const name = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : '/'
        return name.includes('/') ? [] : [name]
      }),
  }
}

const ask = (more: Partial<SandboxAsk> = {}): SandboxAsk => ({
  profile: CLIENT_PROFILES['claude-code'],
  home: HOME,
  ownHome: `${HOME}/.writ`,
  workspaces: [WS],
  readable: [],
  writable: [],
  programs: ['/usr/bin/claude'],
  own: [{ kind: 'read', source: '/tmp/r/requirements.toml', at: '/etc/codex/requirements.toml' }],
  covers: { file: '/tmp/r/cover', directory: '/tmp/r/covered' },
  ...more,
})

function planned(tree: Tree = {}, more: Partial<SandboxAsk> = {}): SandboxPlan {
  const plan = planSandbox(ask(more), filesOf({ ...MACHINE, ...tree }))
  if (isFault(plan)) throw new Error(plan.fault)
  return plan
}
const lastAt = (plan: SandboxPlan, at: string) => plan.mounts.findLast((mount) => mount.at === at)

describe('what a sandbox sees', () => {
  it('is programs and settings, read-only, links as links', () => {
    const plan = planned()
    expect(lastAt(plan, '/usr')).toEqual({ kind: 'read', source: '/usr', at: '/usr' })
    expect(lastAt(plan, '/bin')).toEqual({ kind: 'link', target: 'usr/bin', at: '/bin' })
    expect(lastAt(plan, '/etc/passwd')).toEqual({ kind: 'link', target: '/.etc/passwd', at: '/etc/passwd' })
  })

  it('is no passwords, no keys of the machine, no sockets and no other home', () => {
    const plan = planned()
    expect(lastAt(plan, '/etc/shadow')).toBeUndefined()
    for (const at of ['/.etc/shadow', '/.etc/ssh', '/.etc/ssl/private'])
      expect(lastAt(plan, at)).toMatchObject({ kind: 'read', source: expect.stringMatching(/cover/) })
    for (const at of ['/run', '/root', '/home', '/tmp', HOME]) expect(lastAt(plan, at)?.kind).toBe('empty')
  })

  it('has files of the run in place of those of the machine, and keeps what is beside them', () => {
    const plan = planned()
    expect(lastAt(plan, '/etc/codex')).toBeUndefined()
    expect(lastAt(plan, '/etc/codex/other.toml')).toMatchObject({
      kind: 'link',
      target: '/.etc/codex/other.toml',
    })
    expect(plan.mounts.filter(({ at }) => at === '/etc/codex/requirements.toml')).toHaveLength(1)
  })

  it('has of the home what the client needs, and its credentials as a copy', () => {
    const plan = planned({
      [`${HOME}/.claude/.credentials.json`]: 'file',
      [`${HOME}/.claude/settings.json`]: 'file',
      [`${HOME}/.claude/projects`]: 'directory',
      [`${HOME}/.ssh/id_ed25519`]: 'file',
    })
    expect(lastAt(plan, `${HOME}/.claude/.credentials.json`)?.kind).toBe('copy')
    expect(lastAt(plan, `${HOME}/.claude/settings.json`)?.kind).toBe('read')
    expect(lastAt(plan, `${HOME}/.claude/projects`)?.kind).toBe('write')
    expect(plan.mounts.some(({ at }) => at.includes('.ssh'))).toBe(false)
  })

  it('has the workspace writable', () => {
    const plan = planned()
    expect(lastAt(plan, WS)).toEqual({ kind: 'write', source: WS, at: WS })
    expect(plan.writable).toContain(WS)
  })

  it('finds a program with what was installed beside it', () => {
    const claude = '/srv/tools/node_modules/.bin/claude'
    const plan = planned(
      {
        [claude]: 'file',
        '/srv/tools/node_modules/.bin': 'directory',
        '/srv/tools/node_modules': 'directory',
      },
      { programs: [claude] },
    )
    expect(lastAt(plan, '/srv/tools/node_modules')?.kind).toBe('read')
  })
})

describe('what is protected in a workspace', () => {
  it.each(PROTECTED.map(({ path }) => path))(
    '%s is read-only, and the directories above it cannot be moved',
    (path) => {
      const plan = planned()
      expect(lastAt(plan, `${WS}/${path}`)?.kind).toBe('read')
      const above = path.split('/').slice(0, -1)
      above.forEach((_, at) =>
        expect(lastAt(plan, `${WS}/${above.slice(0, at + 1).join('/')}`)?.kind).toBe('write'),
      )
    },
  )

  it('is given a place to hold where it is absent, and none where it is there', () => {
    const paths = planned().placeholders.map(({ path }) => path)
    expect(paths).toContain(`${WS}/.vscode`)
    expect(paths).toContain(`${WS}/.github`)
    expect(paths).not.toContain(`${WS}/.git/hooks`)
  })

  it('makes no repository where there is none', () => {
    const plan = planSandbox(ask({ workspaces: ['/srv/plain'] }), filesOf({ '/srv/plain': 'directory' }))
    expect('placeholders' in plan && plan.placeholders.some(({ path }) => path.includes('.git/'))).toBe(false)
  })

  it.each(['.git', '.git/hooks', '.vscode', '.claude', '.mcp.json'])('%s as a link is a fault', (path) => {
    const plan = planSandbox(ask(), filesOf({ ...MACHINE, [`${WS}/${path}`]: '-> elsewhere' }))
    expect(isFault(plan) && plan.fault).toMatch(/symbolic link/)
  })

  it('stays open where the person says so', () => {
    const plan = planned({ [`${WS}/.vscode`]: 'directory' }, { writable: [`${WS}/.vscode`] })
    expect(lastAt(plan, `${WS}/.vscode`)?.kind).toBe('write')
  })

  it('holds the file that stands for a repository elsewhere', () => {
    expect(lastAt(planned({ [`${WS}/.git`]: 'file' }), `${WS}/.git`)?.kind).toBe('read')
  })

  it.each(['.env', '.env.local', '.npmrc', 'id_rsa', 'server.key'])('covers %s', (name) => {
    const plan = planned({ [`${WS}/${name}`]: 'file' })
    expect(lastAt(plan, `${WS}/${name}`)).toMatchObject({ kind: 'read', source: '/tmp/r/cover' })
    expect(plan.hidden).toEqual([`${WS}/${name}`])
  })

  it('covers the state of a Writ in it, which holds keys', () => {
    const plan = planned({ [`${WS}/.writ`]: 'directory' })
    expect(lastAt(plan, `${WS}/.writ`)).toMatchObject({ kind: 'read', source: '/tmp/r/covered' })
    expect(plan.hidden).toEqual([`${WS}/.writ`])
  })

  it('covers what a link of such a name leads to', () => {
    const tree: Tree = { [`${WS}/.env`]: `-> ${WS}/settings`, [`${WS}/settings`]: 'file' }
    expect(lastAt(planned(tree), `${WS}/settings`)).toMatchObject({ kind: 'read', source: '/tmp/r/cover' })
    expect(planned(tree).hidden).toEqual([`${WS}/.env`])
    expect(planned(tree, { readable: [`${WS}/settings`] }).hidden).toEqual([])
    expect(planned({ [`${WS}/.env`]: '-> /etc/passwd' }).hidden).toEqual([])
  })

  it('shows templates of secrets, and secrets that the person shows', () => {
    expect(planned({ [`${WS}/.env.example`]: 'file' }).hidden).toEqual([])
    expect(planned({ [`${WS}/.env`]: 'file' }, { readable: [`${WS}/.env`] }).hidden).toEqual([])
  })
})

describe('a workspace', () => {
  it.each([
    '/',
    HOME,
    '/home',
    '/tmp',
    '/etc',
    '/usr/share',
    `${HOME}/.ssh`,
    `${HOME}/.claude`,
    `${HOME}/.writ/x`,
  ])('cannot be %s', (path) => {
    expect(isFault(planSandbox(ask({ workspaces: [path] }), filesOf(MACHINE)))).toBe(true)
  })
})

describe('the arguments of bubblewrap', () => {
  const words = bubblewrapArguments({
    mounts: planned({ [`${HOME}/.claude.json`]: 'file' }).mounts,
    directory: WS,
    environment: { A: 'b' },
    hostName: 'h',
    descriptors: { seccomp: 4, state: 5, copies: [7] },
    command: ['claude', '--seccomp'],
  })
  const line = words.join(' ')

  it('are all namespaces, no capability, no further user namespace, the caller’s death and a session of its own', () => {
    for (const name of ['user', 'pid', 'net', 'ipc', 'uts']) expect(words).toContain(`--unshare-${name}`)
    for (const name of ['--disable-userns', '--die-with-parent', '--new-session', '--clearenv'])
      expect(words).toContain(name)
    expect(line).toContain('--cap-drop ALL')
  })

  it('name the filter, the copies and the environment', () => {
    expect(line).toContain('--seccomp 4')
    expect(line).toContain(`--perms 0600 --file 7 ${HOME}/.claude.json`)
    expect(line).toContain('--setenv A b')
  })

  it('seal the root, and end with the command', () => {
    expect(line).toContain('--remount-ro / ')
    expect(words.slice(-3)).toEqual(['--', 'claude', '--seccomp'])
  })
})
