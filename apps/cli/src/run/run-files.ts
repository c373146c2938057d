import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import type { FilterKind, Mount, Processor } from '@writ/sandbox'
import { read, seccompFilter } from '@writ/sandbox'
import { CLIENTS } from '../hooks/clients.ts'
import type { HookProgram } from '../hooks/hook-file.ts'
import { merged } from '../hooks/merge.ts'

/** Where things of the run are inside. */
export const INSIDE = {
  hookSocket: '/run/writ/hook.sock',
  egressSocket: '/run/writ/egress.sock',
  hook: '/run/writ/bin/writ-hook',
  bridge: '/run/writ/bin/writ-bridge',
  ownCertificates: '/run/writ/ca.pem',
  allCertificates: '/run/writ/ca-all.pem',
  ignored: '/run/writ/ignored',
} as const

/** A private folder for one run, on a path that is short enough for sockets. */
export type RunFolder = {
  readonly path: string
  readonly covers: { readonly file: string; readonly directory: string }
  readonly filters: Readonly<Record<FilterKind, string>>
  write(name: string, text: string): string
  remove(): void
}

export function createRunFolder(processor: Processor): RunFolder {
  const path = mkdtempSync(join(tmpdir(), 'writ-run-'))
  chmodSync(path, 0o700)
  const write = (name: string, text: string | Uint8Array): string => {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const covers = { file: write('cover', ''), directory: join(path, 'covered') }
  mkdirSync(covers.directory, { mode: 0o500 })
  chmodSync(covers.file, 0o000)
  return {
    path,
    covers,
    filters: {
      wall: write('wall', seccompFilter(processor, 'wall')),
      watch: write('watch', seccompFilter(processor, 'watch')),
    },
    write,
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** The hook client and how it is started inside; null where none was built. */
export function hookMounts(source: string | null): {
  readonly mounts: readonly Mount[]
  readonly hook: HookProgram
} {
  const isScript = source?.endsWith('js') === true
  const at = isScript ? `${INSIDE.hook}.mjs` : INSIDE.hook
  const words = [at, '--socket', INSIDE.hookSocket]
  return {
    mounts: source === null ? [] : [read(source, at)],
    // without one the hooks fail, and clients that keep them on refuse every action
    hook: isScript ? [process.execPath, ...words] : [at, '--socket', INSIDE.hookSocket],
  }
}

/**
 * The hooks of every client that we know, in the places of the organisation, for this run only: whichever agent is started inside, also by
 * another agent, asks the daemon outside. What an organisation has put there stays in it.
 */
export function hookFiles(folder: RunFolder, hook: HookProgram, home: string): readonly Mount[] {
  const places = { platform: 'linux', home, writHome: join(home, '.writ'), root: null, uid: 0 } as const
  const wanted = { tier: 'enforce', places, hook, denyReads: [] } as const
  return CLIENTS.flatMap((row) => row.files(wanted))
    .filter(({ path }) => path.startsWith('/etc/'))
    .map(({ path, content }) => read(folder.write(join('hooks', path), merged(textOf(path), content)), path))
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** The certificates that the inside believes: ours, and those of the system with ours. */
export function certificateFiles(folder: RunFolder, own: string): readonly Mount[] {
  const system = SYSTEM_CERTIFICATES.map(textOf).find((text) => text !== null) ?? rootCertificates.join('\n')
  return [
    read(folder.write('ca.pem', own), INSIDE.ownCertificates),
    read(folder.write('ca-all.pem', `${system}\n${own}`), INSIDE.allCertificates),
  ]
}

const SYSTEM_CERTIFICATES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
