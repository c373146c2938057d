import { join, relative } from 'node:path'
import type { LocalFiles } from './local-files.ts'
import type { Mount } from './mounts.ts'
import { empty, read } from './mounts.ts'

export type SystemAsk = {
  /** paths that the run puts something of its own at */
  readonly own: readonly string[]
  /** what keys are covered with: an empty file, and an empty directory */
  readonly covers: { readonly file: string; readonly directory: string }
}

/**
 * Of the machine a sandbox sees its programs and its settings, read-only, and nothing else: no home but the caller's, no sockets of
 * services, no disks. What is not in a list here is not there.
 */
export function systemMounts(files: LocalFiles, ask: SystemAsk): readonly Mount[] {
  return [
    ...PROGRAMS.flatMap((path) => sameAs(path, files)),
    ...settings(files, ask),
    empty('/var'),
    empty('/var/tmp'),
    ...CACHES.flatMap((path) => sameAs(path, files)),
    empty('/sys'),
    ...KERNEL.flatMap((path) => sameAs(path, files)),
    sealed('/sys'),
    { kind: 'processes', at: '/proc' },
    { kind: 'devices', at: '/dev' },
    empty('/tmp'),
    empty('/run'),
    { kind: 'link', target: '/run', at: '/var/run' },
  ]
}

const PROGRAMS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt', '/nix', '/gnu']
const CACHES = ['/var/lib/ca-certificates', '/var/cache/fontconfig']
/** what run-times read to know processors and memory */
const KERNEL = ['/sys/devices/system', '/sys/fs/cgroup']

const sealed = (at: string): Mount => ({ kind: 'sealed', at })

// Links stay links, so that `/bin` is what it is outside.
function sameAs(path: string, files: LocalFiles): readonly Mount[] {
  const kind = files.kindOf(path)
  if (kind === 'link') return [{ kind, target: files.targetOf(path) ?? '', at: path }]
  return kind === 'directory' || kind === 'file' ? [read(path)] : []
}

// The whole of it stands beside, with keys covered, and links lead there: a mount for each entry would be waited for by every start.
function settings(files: LocalFiles, { own, covers }: SystemAsk): readonly Mount[] {
  const names = files.namesIn('/etc')
  const kept = [...names.filter(isKept).map((name) => join('/etc', name)), ...KEYS_WITHIN]
  const covered = kept.flatMap((path): readonly Mount[] => {
    const kind = files.kindOf(path)
    const at = join(BESIDE, relative('/etc', path))
    return kind === 'file' || kind === 'directory' ? [read(covers[kind], at)] : []
  })
  const open = names.filter((name) => !isKept(name)).flatMap((name) => around(join('/etc', name), own, files))
  return [read('/etc', BESIDE), ...covered, empty('/etc'), ...open]
}

/** As deep as `/etc` is, so that links with dots in them lead where they led. */
const BESIDE = '/.etc'

// Links stay links. Above something of our own a directory is made anew, with what else was in it.
function around(path: string, own: readonly string[], files: LocalFiles): readonly Mount[] {
  if (own.includes(path)) return []
  const kind = files.kindOf(path)
  if (kind === 'link') return [{ kind, target: files.targetOf(path) ?? '', at: path }]
  const isAbove = kind === 'directory' && own.some((taken) => taken.startsWith(`${path}/`))
  if (isAbove) return files.namesIn(path).flatMap((name) => around(join(path, name), own, files))
  return [{ kind: 'link', target: join(BESIDE, relative('/etc', path)), at: path }]
}

/** Passwords, keys of this machine, what runs by itself, and the managed settings of clients, which a run brings itself. */
const isKept = (name: string): boolean =>
  /^(g?shadow|sudoers|ssh|ppp|krb5|NetworkManager|wireguard|openvpn|ipsec|wpa_supplicant|crontab|cron\.|cups|samba|docker|kubernetes|rancher|writ|security|machine-id)/.test(
    name,
  ) || /-$|\.keytab$|^\.pwd/.test(name)

const KEYS_WITHIN = ['/etc/ssl/private', '/etc/pki/tls/private', '/etc/letsencrypt']
