import { factsOfPlaces, type Touched } from '../shell/engine.ts'
import { factOf, localFact, type Found } from './found.ts'
import type { Context } from './place.ts'
import { spellingsOf } from './spellings.ts'

/** What it means to touch a path, by each of its spellings. */
export function touchedFound(kind: Touched['kind'], path: string, context: Context): Found {
  if (path.length > MAX_PATH) return { facts: [factOf('unresolvable', path, 'possible')], uses: [] }
  const places = spellingsOf(path, context).map((one) => ({ kind, path: one, by: 'this' }))
  const { facts, uses } = factsOfPlaces(places, context.shell)
  const odd = isUnreadable(path, context.place.platform) ? [factOf('unresolvable', path, 'possible')] : []
  return { facts: [...facts.map(localFact), ...odd], uses }
}

const MAX_PATH = 32_768

/** Characters that do not show, what another process has open, and short names of Windows: nobody here knows what file that is. */
const isUnreadable = (path: string, platform: string): boolean =>
  HIDDEN.test(path) ||
  DESCRIPTOR.test(path) ||
  (platform === 'win32' && /~\d+(?:\.\w{1,3})?(?:[\\/]|$)/.test(path))

const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ue000\ue004-\uf8ff]/
const DESCRIPTOR =
  /^\/+(?:dev\/+fd\/+[3-9]|dev\/+fd\/+\d\d|proc\/+[^/]+\/+(?:task\/+[^/]+\/+)?(?:fd|map_files|cwd\/|exe))/
