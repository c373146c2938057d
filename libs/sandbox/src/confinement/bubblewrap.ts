import type { Mount } from './mounts.ts'

/** What bubblewrap is to do. Descriptors are numbers in the process that it is started in. */
export type Confinement = {
  readonly mounts: readonly Mount[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly hostName: string
  readonly descriptors: {
    /** null: what is started makes its own filter of it */
    readonly seccomp: number | null
    readonly state: number
    /** one for each `copy`, in their order */
    readonly copies: readonly number[]
  }
  readonly command: readonly string[]
}

/**
 * The arguments of bubblewrap (0.8 or later) for one sandbox. All namespaces are new, no further user namespaces can be made inside, no
 * capability is left, no program gains rights by its file, the session is not the terminal's, and all of it dies with the caller.
 * Its own environment must be empty: process 1 inside would show it.
 */
export function bubblewrapArguments(confinement: Confinement): readonly string[] {
  const { descriptors, directory, environment, hostName } = confinement
  return [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    '--disable-userns',
    '--cap-drop',
    'ALL',
    '--die-with-parent',
    '--new-session',
    '--as-pid-1',
    '--hostname',
    hostName,
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...mountArguments(confinement.mounts, descriptors.copies),
    '--remount-ro',
    '/',
    ...(descriptors.seccomp === null ? [] : ['--seccomp', String(descriptors.seccomp)]),
    '--info-fd',
    String(descriptors.state),
    '--chdir',
    directory,
    '--',
    ...confinement.command,
  ]
}

function mountArguments(mounts: readonly Mount[], copies: readonly number[]): readonly string[] {
  const left = [...copies]
  return mounts.flatMap((mount) => argumentsOf(mount, () => String(left.shift() ?? -1)))
}

function argumentsOf(mount: Mount, nextCopy: () => string): readonly string[] {
  const { at } = mount
  if (mount.kind === 'read') return ['--ro-bind', mount.source, at]
  if (mount.kind === 'write') return ['--bind', mount.source, at]
  if (mount.kind === 'copy') return ['--perms', '0600', '--file', nextCopy(), at]
  if (mount.kind === 'link') return ['--symlink', mount.target, at]
  if (mount.kind === 'empty') return ['--perms', SHARED.includes(at) ? '1777' : '0755', '--tmpfs', at]
  return [OF_THE_KERNEL[mount.kind], at]
}

const SHARED = ['/tmp', '/var/tmp']
const OF_THE_KERNEL = { processes: '--proc', devices: '--dev', sealed: '--remount-ro' } as const
