import {
  DEVICES,
  GUARD_PLACES,
  HARMLESS_FOLDERS,
  HARMLESS_NAMES,
  LOG_PLACES,
  NO_FILES,
  ORDINARY_PERSISTENCE,
  PERSISTENCE_PLACES,
  SECRET_EXAMPLES,
  SECRET_PLACES,
} from './data/places.ts'
import type { Certainty } from './facts.ts'
import { isAtOrInside, isInside } from './paths.ts'
import type { State } from './state.ts'
import { globExpression, hasGlob, ONE, BELOW, STAR, UNKNOWN, withoutUnknown } from './text.ts'

/** A path as the tables of places write it. */
function placed(state: State, path: string): string {
  const { home } = state.shared.context
  const inHome = isAtOrInside(path, home) ? `~${path.slice(home.length)}` : path
  return inHome.slice(-MAX_PLACE).toLowerCase()
}

const MAX_PLACE = 1024

/** Is there a secret at this path, or under the glob that it is? */
export function isSecret(state: State, path: string): boolean {
  const place = placed(state, path)
  if (isHarmless(state, path, place)) return false
  if (SECRET_PLACES.some((one) => one.test(place))) return true
  return hasGlob(place) && secretsUnder(state, place)
}

function isHarmless(state: State, path: string, place: string): boolean {
  if (HARMLESS_NAMES.test(place)) return true
  const rest = belowWorkspace(state, path)
  return rest !== null && HARMLESS_FOLDERS.test(`/${rest}`)
}

/** What of a path stands below a workspace; null where it is in none. */
function belowWorkspace(state: State, path: string): string | null {
  const workspace = state.shared.context.workspaces.find((one) => isInside(path, one))
  return workspace === undefined ? null : path.slice(workspace.length + 1)
}

export const isInWorkspace = (state: State, path: string): boolean => belowWorkspace(state, path) !== null

/** A glob that is about everything in a workspace is not about its secrets; one that spells out part of such a name is. */
function secretsUnder(state: State, place: string): boolean {
  const { workspace } = state.shared.context
  const expression = globExpression(place)
  const isHidden = place.slice(place.lastIndexOf('/') + 1).startsWith('.')
  return SECRET_EXAMPLES.some((example) => {
    const isLocal = example.startsWith('./')
    const full = isLocal ? placed(state, `${workspace}${example.slice(1)}`) : example
    return expression.test(full) && (isHidden || !isPlainGlob(place, example))
  })
}

/** A `*` alone matches no file whose name begins with a dot. */
const isPlainGlob = (place: string, example: string): boolean =>
  new RegExp(`/[${STAR}${ONE}${BELOW}][^/]*$`).test(place) && /\/\.[^/]+$/.test(example)

/** Would reading all that is below come by secrets? */
export function holdsSecrets(state: State, path: string): boolean {
  const { home } = state.shared.context
  const place = placed(state, path)
  return (
    ['/', '/root', '/etc', '/home', '/users', '~', '~/.config', '/proc'].includes(place) ||
    isInside(home, path)
  )
}

export const guardOf = (state: State, path: string): boolean => {
  const place = placed(state, path)
  return GUARD_PLACES.some((one) => one.test(place)) || (hasGlob(place) && matchesGuard(state, place))
}

const GUARD_EXAMPLES = [
  '~/.claude/settings.json',
  '~/.cursor/hooks.json',
  '~/.codex/config.toml',
  '~/.gemini/settings.json',
]
const matchesGuard = (state: State, place: string): boolean => {
  const expression = globExpression(place)
  const here = placed(state, state.shared.context.workspace)
  return (
    /claude|cursor|codex|gemini|settings|hooks/.test(place) &&
    [...GUARD_EXAMPLES, ...GUARD_EXAMPLES.map((one) => one.replace('~', here))].some((one) =>
      expression.test(one),
    )
  )
}

export function persistenceOf(state: State, path: string): Certainty | null {
  const place = placed(state, path)
  if (HARMLESS_NAMES.test(place) && !place.includes('.git/hooks/')) return null
  if (PERSISTENCE_PLACES.some((one) => one.test(place))) return 'sure'
  return ORDINARY_PERSISTENCE.some((one) => one.test(place)) ? 'possible' : null
}

export const isLog = (state: State, path: string): boolean => LOG_PLACES.test(placed(state, path))
export const isDevice = (path: string): boolean => DEVICES.test(path)
export const isNoFile = (path: string): boolean => NO_FILES.test(path)

/** How bad is the loss of this path: null when it is the kind of thing that is made anew. */
export function lossOf(state: State, path: string, isRecursive: boolean): Certainty | null {
  if (path.includes(UNKNOWN)) return lossOfUnknown(state, path, isRecursive)
  const { workspaces } = state.shared.context
  if (isNoFile(path) || path.startsWith('/dev/fd/')) return null
  const base = path.replace(/(?:\/[\ue001-\ue003.]*[\ue001\ue003])+$/, '')
  if (workspaces.some((one) => isAtOrInside(one, base === '' ? '/' : base)))
    return isRecursive || base !== path ? 'sure' : 'possible'
  const rest = belowWorkspace(state, path)
  if (rest !== null) return lossInWorkspace(rest)
  return lossOutside(state, path, base)
}

const lossInWorkspace = (rest: string): Certainty | null => (/^\.git(?:$|\/)/.test(rest) ? 'sure' : null)

function lossOutside(state: State, path: string, base: string): Certainty | null {
  const place = placed(state, path)
  if (/^(?:\/private)?(?:\/tmp|\/var\/tmp|\/var\/folders|\/dev\/shm)(?:\/|$)/.test(place))
    return base === path && place.split('/').length > 2 ? null : 'possible'
  if (/^~\/(?:\.cache|library\/caches|\.npm\/_\w+|\.pnpm-store)\/./.test(place)) return null
  return 'sure'
}

/** `"$UNSET/"` is the root when nothing sets it; elsewhere an unknown part is a question, unless it stands below a known folder of the workspace. */
function lossOfUnknown(state: State, path: string, isRecursive: boolean): Certainty | null {
  const known = path.slice(0, path.indexOf(UNKNOWN))
  const folder = known.slice(0, known.lastIndexOf('/'))
  if (isInWorkspace(state, folder) && !/\.git(?:\/|$)/.test(folder)) return null
  if (/^\/(?:tmp|var\/tmp)\/./.test(known)) return null
  const bare = withoutUnknown(path)
  return isRecursive && path !== UNKNOWN && /^\/?[\ue001\ue003.]*$/.test(bare) ? 'sure' : 'possible'
}
