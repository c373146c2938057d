import { DEVICES, LOCK_FILES } from './data/places.ts'
import { isLoopback, hostOf } from './hosts.ts'
import { absoluteOf, isAtOrInside, resolvePath } from './paths.ts'
import {
  guardOf,
  holdsSecrets,
  isDevice,
  isLog,
  isNoFile,
  isSecret,
  lossOf,
  persistenceOf,
} from './places.ts'
import { possible, sayWhere, sure, use, type FileFacts, type State } from './state.ts'
import {
  ENVIRONMENT,
  isFrom,
  isKnown,
  LOCAL,
  NOTHING,
  REMOTE,
  SECRET,
  shown,
  unknownFrom,
  type Value,
  WATCH,
} from './text.ts'

/** Both spellings of a path: as it is written, and where it leads by links and copies that this command made. */
const spellingsOf = (state: State, word: string): readonly string[] => [
  ...new Set([absoluteOf(state, word), resolvePath(state, word)]),
]

/** What is in a file, as far as it is known; says so when it is a secret. */
export function readFile(state: State, word: Value, by: string): Value {
  const network = networkOf(word.text)
  if (network !== null) return connectDevice(state, network, NOTHING)
  if (word.text === '/dev/null') return NOTHING
  const made = madeFile(state, word.text)
  let from = word.from & ~LOCAL
  for (const path of spellingsOf(state, word.text)) from |= readPlace(state, path, by)
  if (made !== undefined && made.origin === undefined) return { text: made.text, from: made.from | from }
  return unknownFrom((made?.from ?? 0) | from | LOCAL)
}

export function madeFile(state: State, word: string): FileFacts | undefined {
  const { files } = state.shared
  const found = files.get(absoluteOf(state, word))
  const target =
    found === undefined || found.isLink === true ? files.get(resolvePath(state, word)) : undefined
  return target ?? found ?? files.get(word)
}

/** Says what reading this path means, and returns what comes with it. */
export function readPlace(state: State, path: string, by: string): number {
  if (isNoFile(path)) return 0
  use(state, 'read', path)
  if (/^\/proc\/[^/]+\/environ$/.test(path)) {
    sure(state, 'env_leak', path, `${by} reads the environment of a process`)
    return ENVIRONMENT
  }
  if (!isSecret(state, path)) return guardOf(state, path) ? WATCH : 0
  sure(state, 'credential_read', path, `${by} reads ${shown(path)}`)
  return SECRET
}

/** Reading all below a directory. */
export function readTree(state: State, word: string, by: string): number {
  const path = resolvePath(state, word)
  const from = readPlace(state, path, by)
  if (from !== 0 || !holdsSecrets(state, path)) return from
  possible(state, 'credential_read', path, `${by} reads all that is below ${shown(path)}`)
  return SECRET
}

type Written = { readonly value: Value; readonly isAppending?: boolean; readonly by?: string }

/** Says what writing this path means, and keeps what was written for commands that follow. */
export function writeFile(state: State, word: Value, written: Written): void {
  const { value, isAppending = false, by = '>' } = written
  const network = networkOf(word.text)
  if (network !== null) return void connectDevice(state, network, value)
  for (const path of spellingsOf(state, word.text)) {
    writePlace(state, path, by)
    if (!isAppending) emptied(state, path, value)
  }
  const path = absoluteOf(state, word.text)
  if (isNoFile(path)) return
  leaked(state, path, value)
  keepWritten(state, path, { value, isAppending })
}

function keepWritten(
  { shared }: State,
  path: string,
  { value, isAppending }: { value: Value; isAppending: boolean },
): void {
  const before = isAppending ? (shared.files.get(path) ?? NOTHING) : NOTHING
  shared.files.set(path, { text: before.text + value.text, from: before.from | value.from })
}

/** A secret in a file that is shown, committed or published is on its way out. */
function leaked(state: State, path: string, { from }: Value): void {
  if ((from & (SECRET | ENVIRONMENT)) === 0 || !/\.(?:md|html?|svg|txt|json|rst)$/i.test(path)) return
  possible(state, 'exfiltration', path, `a secret is written to ${shown(path)}`)
}

/** Writing nothing, or not knowing what, over a file that is not of the workspace. */
function emptied(state: State, path: string, value: Value): void {
  if (isNoFile(path) || isDevice(path)) return
  const loss = lossOf(state, path, false)
  if (loss === null) return
  const isEmpty = value.text === '' && isKnown(value.text)
  if (loss === 'sure' && isEmpty) sure(state, 'destructive_delete', path, `empties ${shown(path)}`)
  else possible(state, 'destructive_delete', path, `overwrites ${shown(path)}`)
}

export function writePlace(state: State, path: string, by: string): void {
  if (isNoFile(path)) return
  use(state, 'write', path)
  const persistence = persistenceOf(state, path)
  const changes = `${by} changes ${shown(path)}`
  sayWhere(state, path, [
    [DEVICES.test(path), 'disk_wipe', 'sure', `${by} writes to ${shown(path)}`],
    [guardOf(state, path), 'guard_tamper', 'sure', changes],
    [persistence !== null, 'persistence', persistence ?? 'possible', `${changes}, which runs later`],
    [isLog(state, path), 'history_tamper', 'sure', changes],
    [/^\/etc\/(?:sudoers|passwd|shadow|group|pam)/.test(path), 'privilege', 'sure', changes],
    [LOCK_FILES.test(path.toLowerCase()), 'package_install', 'possible', changes],
    [/^\/(?:usr|bin|sbin|boot|lib|system|opt)\//i.test(path), 'persistence', 'possible', changes],
  ])
  if (path.endsWith('/package.json')) state.shared.files.set('package.json changed', NOTHING)
}

/** Files of names that nobody has said are put into a directory: in a home, or above one, what runs by itself may be among them. */
export function filledPlace(state: State, word: string, by: string): void {
  const path = resolvePath(state, word)
  writePlace(state, path, by)
  const { home } = state.shared.context
  if (isAtOrInside(home, path) || path === '/root')
    possible(state, 'persistence', path, `${by} may change what runs later in ${shown(path)}`)
}

export function deletePath(state: State, word: string, how: { isRecursive: boolean; by: string }): void {
  const written = absoluteOf(state, word)
  const isLinkItself = state.shared.files.get(written)?.isLink === true && !word.endsWith('/')
  if (how.isRecursive && /^\ue000+\/+[\ue001\ue003.]*$/.test(word)) {
    sure(state, 'destructive_delete', '/', `${how.by} removes / when the variable is not set`)
  }
  for (const path of isLinkItself ? [written] : spellingsOf(state, word)) deletePlace(state, path, how)
  state.shared.files.delete(written)
}

function deletePlace(
  state: State,
  path: string,
  { isRecursive, by }: { isRecursive: boolean; by: string },
): void {
  use(state, 'delete', path)
  const loss = lossOf(state, path, isRecursive)
  const removes = `${by} removes ${shown(path)}`
  sayWhere(state, path, [
    [loss !== null, 'destructive_delete', loss ?? 'possible', removes],
    [isDevice(path), 'disk_wipe', 'sure', removes],
    [guardOf(state, path), 'guard_tamper', 'sure', removes],
    [isLog(state, path), 'history_tamper', 'sure', removes],
  ])
}

/** `/dev/tcp/host/port` of bash. */
const networkOf = (path: string): string | null => /^\/+dev\/+(?:tcp|udp)\/+([^/]+)\//.exec(path)?.[1] ?? null

function connectDevice(state: State, host: string, value: Value): Value {
  use(state, 'connect', host)
  if (!isLoopback(hostOf(host))) {
    sure(state, 'exfiltration', host, `opens a connection to ${shown(host)}`)
    if ((value.from & SECRET) !== 0) sure(state, 'exfiltration', host, `a secret is sent to ${shown(host)}`)
  }
  return unknownFrom(REMOTE)
}

export const isRemoteFile = (state: State, word: string): boolean => {
  const made = madeFile(state, word)
  if (made !== undefined && isFrom(made, REMOTE)) return true
  const path = absoluteOf(state, word)
  if (state.shared.files.size === 0) return false
  return [...state.shared.files].some(
    ([at, one]) => isFrom(one, REMOTE) && one.text === TREE && path.startsWith(`${at}/`),
  )
}

/** Stands for the content of a directory that came from elsewhere as a whole. */
export const TREE = '\ue005tree'
