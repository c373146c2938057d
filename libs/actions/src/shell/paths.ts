import { plainSpelling, recased } from './spelling.ts'
import { cwdOf, valueOf, type State } from './state.ts'
import { BELOW, hasGlob, UNKNOWN } from './text.ts'

/** The absolute path that a folded word names, `..`, `/proc/self/root` and doubled slashes taken out; links made here are followed. */
export function resolvePath(state: State, word: string, followsLinks = true): string {
  const path = absoluteOf(state, word)
  return followsLinks ? originOf(state, path) : path
}

export function absoluteOf(state: State, word: string): string {
  const { absolutes } = state.shared
  const key = `${cwdOf(state)}\0${word}`
  const known = absolutes.get(key)
  if (known !== undefined) return known
  const path = madeAbsolute(state, word)
  if (absolutes.size < MAX_ABSOLUTES) absolutes.set(key, path)
  return path
}

const MAX_ABSOLUTES = 1_000

function madeAbsolute(state: State, word: string): string {
  const text = word.startsWith('file://') ? word.slice('file://'.length).replace(/^localhost/, '') : word
  const { context } = state.shared
  const slashed = /^[A-Za-z]:[\\/]/.test(text) ? `/${text.replaceAll('\\', '/')}` : text
  const plain = plainSpelling(slashed, context.platform)
  const whole = /^[/\ue000]/.test(plain) ? plain : `${cwdOf(state)}/${plain}`
  const path = recased(withoutProc(state, simplified(whole)), context)
  if (DEPENDS.test(whole) && state.shared.spelled.size < MAX_SPELLED) state.shared.spelled.set(path, whole)
  return path
}

/** Where these lead depends on links and processes of the machine. */
const DEPENDS = /\/[^/]*[^/.][^/]*\/+\.\.(?:\/|$)|^\/+proc\/+\d+\/+(?:task\/+[^/]+\/+)?(?:root|cwd)(?:\/|$)/
const MAX_SPELLED = 200

/** `a/./b/../c` is `a/c`; what stands in front of an unknown part stays. */
function simplified(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.at(-1) !== UNKNOWN) parts.pop()
    else parts.push(part)
  }
  return parts[0]?.startsWith(UNKNOWN) === true ? parts.join('/') : `/${parts.join('/')}`
}

/** The kernel's other names for the root and the working directory. */
function withoutProc(state: State, path: string): string {
  const match = PROC.exec(path)
  if (match === null) return path
  const rest = path.slice(match[0].length)
  return simplified(match[1] === 'root' ? `/${rest}` : `${cwdOf(state)}/${rest}`)
}
const PROC = /^\/proc\/(?:self|thread-self|\d+|\ue000)\/(?:task\/[^/]+\/)?(root|cwd)(?=\/|$)/

/** Follows links, copies of directories and renames that this command made, longest first, a bounded number of times. */
function originOf(state: State, path: string): string {
  if (state.shared.files.size === 0) return path
  let at = path
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const prefix = prefixesOf(at).find((one) => state.shared.files.get(one)?.origin !== undefined)
    const origin = prefix === undefined ? undefined : state.shared.files.get(prefix)?.origin
    if (prefix === undefined || origin === undefined || origin === prefix) return at
    at = simplified(`${origin}${at.slice(prefix.length)}`)
  }
  return at
}
const MAX_HOPS = 4

function prefixesOf(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('/')).filter((one) => one !== '')
}

export const isInside = (path: string, directory: string): boolean =>
  path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)

export const isAtOrInside = (path: string, directory: string): boolean =>
  path === directory || isInside(path, directory)

/** `~`, `~user`, `~+`, `~-` in front of a word. */
export function withTilde(state: State, text: string): string {
  const match = /^~([\w.+-]*)(?=\/|$)/.exec(text)
  if (match === null) return text
  const rest = text.slice(match[0].length)
  return `${homeOf(state, match[1] ?? '')}${rest}`
}

function homeOf(state: State, user: string): string {
  const { home, platform } = state.shared.context
  if (user === '') return valueOf(state, 'HOME')?.text ?? home
  if (user === '+') return cwdOf(state)
  if (user === '-') return valueOf(state, 'OLDPWD')?.text ?? UNKNOWN
  if (user === 'root') return platform === 'darwin' ? '/var/root' : '/root'
  return `${home.slice(0, home.lastIndexOf('/'))}/${user}`
}

/** What a search below these places comes by. */
export const below = (path: string, name = BELOW): string =>
  hasGlob(name) || name !== ''
    ? `${path.replace(/\/$/, '')}/${BELOW}${name === BELOW ? '' : `/${name}`}`
    : path

/** A directory that something is put into. */
export const cwdOrAbove = (state: State, folder: string): string => absoluteOf(state, folder)
