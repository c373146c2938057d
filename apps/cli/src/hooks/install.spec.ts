import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Terminal } from '../terminal.ts'
import { CLIENTS } from './clients.ts'
import type { Tier } from './hook-file.ts'
import { hookSourceOf } from './hook-program.ts'
import { installHooks } from './install.ts'
import { looseAt } from './on-disk.ts'
import type { Places } from './places.ts'
import { uninstallHooks } from './uninstall.ts'

let folder = ''
let places: Places
const said: string[] = []
const terminal: Terminal = {
  json: false,
  out: (text) => void said.push(text),
  note: (text) => void said.push(text),
  pipes: () => ({ input: process.stdin, output: process.stdout }),
  askSecret: () => null,
  openKeychain: () => Promise.resolve(null),
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-hooks-'))
  const root = join(folder, 'root')
  mkdirSync(root)
  writeFileSync(join(folder, 'writ-hook'), '#!/bin/sh\n', { mode: 0o755 })
  places = { platform: 'linux', home: '/home/dev', writHome: '/home/dev/.writ', root, uid: 1000 }
  said.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (path: string): string => join(folder, 'root', path)
const textAt = (path: string): string => readFileSync(at(path), 'utf8')
const modeAt = (path: string): number => statSync(at(path)).mode & 0o777
const everything = (): readonly string[] =>
  readdirSync(at('/'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(at('/').length - 1))
    .sort()

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), text)
  chmodSync(at(path), mode)
}

function install(
  tier: Tier,
  clients: readonly string[],
  more: { denyReads?: readonly string[]; dryRun?: boolean; places?: Places } = {},
) {
  const here = more.places ?? places
  const rows = CLIENTS.filter(({ client }) => clients.includes(client))
  const source = hookSourceOf(here, tier, { hook: join(folder, 'writ-hook') })
  const { denyReads = [], dryRun = false } = more
  return installHooks({ tier, rows, places: here, source, denyReads, dryRun }, terminal)
}

const uninstall = (tier: Tier, clients: readonly string[] | null = null) =>
  uninstallHooks({ tier, clients, places }, terminal)

const MANAGED = '/etc/claude-code/managed-settings.json'
const SETTINGS = '/home/dev/.claude/settings.json'

describe('hooks of the enforce tier', () => {
  it('are files that only their owner can write, in folders that only their owner can write', async () => {
    await install(
      'enforce',
      CLIENTS.map(({ client }) => client),
    )
    for (const path of everything().filter((one) => !one.startsWith('/usr/')))
      expect([path, modeAt(path)]).toEqual([path, 0o644])
    expect(modeAt('/usr/local/lib/writ/writ-hook')).toBe(0o755)
    for (const path of ['/etc/claude-code', '/etc/gemini-cli/policies', '/usr/local/lib/writ'])
      expect(modeAt(path)).toBe(0o755)
  })

  it('take the right to write from others where a file had it', async () => {
    put(MANAGED, '{}', 0o666)
    await install('enforce', ['claude-code'])
    expect(modeAt(MANAGED)).toBe(0o644)
    await uninstall('enforce')
    expect([textAt(MANAGED), modeAt(MANAGED)]).toEqual(['{}', 0o666])
  })

  it('are refused to anybody but root, with the command to run', async () => {
    const wanted = install('enforce', ['codex'], { places: { ...places, root: null } })
    await expect(wanted).rejects.toMatchObject({
      message: 'managed files belong to root, or they keep nothing on',
      remedy: 'Run: sudo writ hooks install --managed --client codex',
      exitCode: 2,
    })
  })

  it('can be looked at by anybody beforehand, and nothing is written', async () => {
    await install('enforce', ['codex'], { dryRun: true })
    expect(everything()).toEqual([])
    expect(said.join()).toContain('would be new: /etc/codex/requirements.toml')
    expect(said.join()).toContain('+ allow_managed_hooks_only = true # writ')
  })
})

describe('hooks of the observe tier', () => {
  it('let work go on where no daemon is', async () => {
    await install('observe', ['claude-code'])
    expect(textAt(SETTINGS)).toContain('"--observe"')
    expect(modeAt('/home/dev/.writ/bin/writ-hook')).toBe(0o755)
  })

  it('leave a home of Writ that the daemon takes: nobody else can look into it', async () => {
    await install('observe', ['claude-code'])
    expect(modeAt('/home/dev/.writ')).toBe(0o700)
  })

  it('are files of the user alone, and keep the rights of a file that is there', async () => {
    put('/home/dev/.gemini/settings.json', '{}', 0o640)
    await install('observe', ['claude-code', 'gemini-cli'])
    expect([modeAt(SETTINGS), modeAt('/home/dev/.gemini/settings.json')]).toEqual([0o600, 0o640])
  })

  it('are written through a link, which stays one', async () => {
    put('/home/dev/dotfiles/claude.json', '{"model":"x"}')
    mkdirSync(at('/home/dev/.claude'))
    symlinkSync('../dotfiles/claude.json', at(SETTINGS))
    await install('observe', ['claude-code'])
    expect(textAt('/home/dev/dotfiles/claude.json')).toContain('writ-hook')
    await uninstall('observe')
    expect(textAt('/home/dev/dotfiles/claude.json')).toBe('{"model":"x"}')
    expect(readdirSync(at('/home/dev/.claude'))).toEqual(['settings.json'])
  })
})

describe('installing', () => {
  it('changes nothing the second time', async () => {
    put(SETTINGS, '{\n  // mine\n  "model": "x"\n}\n')
    await install('observe', ['claude-code', 'codex'])
    const before = everything().map((path) => [path, textAt(path)])
    await install('observe', ['claude-code', 'codex'])
    expect(everything().map((path) => [path, textAt(path)])).toEqual(before)
    expect(said.at(-1)).toContain(`as it was: ${SETTINGS}`)
  })

  it('keeps what stood there once, whatever is installed later', async () => {
    put(SETTINGS, '{"model":"x"}')
    await install('observe', ['claude-code'])
    await install('observe', ['claude-code'], { denyReads: ['~/.ssh/**'] })
    expect(textAt(`${SETTINGS}.before-writ`)).toBe('{"model":"x"}')
    await uninstall('observe')
    expect(everything()).toEqual([SETTINGS])
    expect(textAt(SETTINGS)).toBe('{"model":"x"}')
  })

  it('takes out what is not wanted any more', async () => {
    await install('enforce', ['claude-code'], { denyReads: ['~/.ssh/**'] })
    expect(textAt(MANAGED)).toContain('Read(~/.ssh/**)')
    await install('enforce', ['claude-code'])
    expect(textAt(MANAGED)).not.toContain('Read(')
  })

  it('writes nothing at all when one file cannot be merged into, and names it', async () => {
    put('/home/dev/.gemini/settings.json', '{ "hooks": ')
    await expect(install('observe', ['claude-code', 'gemini-cli'])).rejects.toMatchObject({
      message:
        'nothing was written, because of\n  /home/dev/.gemini/settings.json: it is not readable as JSON',
    })
    expect(everything()).toEqual(['/home/dev/.gemini/settings.json'])
    expect(textAt('/home/dev/.gemini/settings.json')).toBe('{ "hooks": ')
  })
})

describe('uninstalling', () => {
  it.each<Tier>(['observe', 'enforce'])('leaves the disk as it was before, to the byte: %s', async (tier) => {
    put(MANAGED, '{\n\t"company": "x" }')
    put('/etc/codex/requirements.toml', '# no new line at the end\nfoo = 1')
    put(SETTINGS, '// mine\n{"hooks":{"Stop":[]}}', 0o600)
    const before = everything().map((path) => [path, textAt(path), modeAt(path)])
    await install(
      tier,
      CLIENTS.map(({ client }) => client),
    )
    expect(everything().length).toBeGreaterThan(before.length)
    await uninstall(tier)
    expect(everything().map((path) => [path, textAt(path), modeAt(path)])).toEqual(before)
  })

  it('takes out only ours where others have written since', async () => {
    put(SETTINGS, '{"model":"x"}')
    await install('observe', ['claude-code'])
    writeFileSync(at(SETTINGS), textAt(SETTINGS).replace(/"model": ?"x"/, '"model":"y","theme":"dark"'))
    await uninstall('observe')
    expect(JSON.parse(textAt(SETTINGS))).toEqual({ model: 'y', theme: 'dark' })
  })

  it('does not bring back what others took out between two installations', async () => {
    put(SETTINGS, '{"model":"x","old":true}')
    await install('observe', ['claude-code'])
    writeFileSync(at(SETTINGS), textAt(SETTINGS).replace(/,?\s*"old":\s*true/, ''))
    await install('observe', ['claude-code'])
    await uninstall('observe')
    expect(JSON.parse(textAt(SETTINGS))).toEqual({ model: 'x' })
  })

  it('leaves a file that another client needs, and the program with it', async () => {
    await install('observe', ['copilot-cli', 'vscode', 'claude-code'])
    await uninstall('observe', ['copilot-cli', 'claude-code'])
    expect(everything()).toEqual(
      [
        '/home/dev/.copilot/hooks/writ.json',
        '/home/dev/.writ/bin/writ-hook',
        '/home/dev/.writ/hooks.json',
      ].sort(),
    )
    await uninstall('observe')
    expect(everything()).toEqual([])
  })

  it('changes nothing at all when one file is not readable any more, and names it', async () => {
    put(SETTINGS, '{}')
    await install('observe', ['claude-code', 'gemini-cli'])
    writeFileSync(at(SETTINGS), '{ "hooks": ')
    const before = everything().map((path) => [path, textAt(path)])
    await expect(uninstall('observe')).rejects.toMatchObject({
      message: `nothing was changed, because of\n  ${SETTINGS}: it is not readable as JSON`,
    })
    expect(everything().map((path) => [path, textAt(path)])).toEqual(before)
  })

  it('keeps what a program wrote there when ours was the first', async () => {
    await install('observe', ['claude-code'])
    writeFileSync(at(SETTINGS), textAt(SETTINGS).replace('{', '{"theme":"dark",'))
    await uninstall('observe')
    expect(JSON.parse(textAt(SETTINGS))).toEqual({ theme: 'dark' })
  })

  it('says so when there is nothing', async () => {
    expect(await uninstall('observe')).toBe(0)
    expect(said).toEqual(['No hooks of this tier were installed.'])
  })

  it('leaves alone a note that is none', async () => {
    put('/home/dev/.writ/hooks.json', '{}')
    await expect(uninstall('observe')).rejects.toThrow('is no note of an installation')
  })
})

describe('a file that is root’s', () => {
  const isRoot = process.getuid?.() === 0
  const ofRoot = isRoot ? it : it.skip

  ofRoot('is loose where it, or a folder above it, can be written by others', async () => {
    put('/etc/x/y.json', '{}')
    expect(await looseAt(at('/etc/x/y.json'))).toBeNull()
    chmodSync(at('/etc/x'), 0o775)
    expect(await looseAt(at('/etc/x/y.json'))).toBe(
      `${at('/etc/x')} can be written by others than root (mode 775)`,
    )
    chmodSync(at('/etc/x'), 0o755)
    chmodSync(at('/etc/x/y.json'), 0o646)
    expect(await looseAt(at('/etc/x/y.json'))).toContain('y.json can be written by others than root')
    expect(await looseAt(at('/etc/x/none.json'))).toBe(`${at('/etc/x/none.json')} is not there`)
  })
})
