import { plainSpelling, recased } from '../shell/spelling.ts'
import { asWritten, slashed, type Context } from './place.ts'

/**
 * Where a path of an action may lead: as it is written, with `~` and the home variable put in, and by the real path of the machine, of the
 * path as it is written and of what it is without its `..` (programs differ in whether a link or the `..` after it counts first).
 */
export function spellingsOf(path: string, { place, world }: Context): readonly string[] {
  const written = [...new Set([path, withHome(path, place.home)])]
  const absolute = written.map((one) => absolute_(one, place.cwd))
  const lexical = absolute.map((one) => withoutDots(plainSpelling(one, place.platform)))
  const real = [...absolute, ...lexical].flatMap((one) => realOf(one, { place, world }))
  return [...new Set([...lexical, ...real])].map((one) =>
    recased(one, { platform: place.platform, home: place.home, workspaces: place.workspaces }),
  )
}

/** `~/x`, `$HOME/x`, `${HOME}/x`, `%USERPROFILE%\x`: some tools put the directory in, others do not. */
const withHome = (path: string, home: string): string =>
  path.replace(/^(?:~|\$HOME|\$\{HOME\}|\$env:USERPROFILE|%USERPROFILE%)(?=[/\\]|$)/i, () => home)

function absolute_(path: string, cwd: string): string {
  const text = slashed(path.replace(/^file:\/\/(?:localhost)?(?=\/)/, ''))
  return text.startsWith('/') ? text : `${cwd}/${text}`
}

/** `a/./b/../c` is `a/c`. */
export function withoutDots(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Of a pattern, the folder that is known is followed. What belongs to the asking process alone is not asked of another. */
function realOf(path: string, { place, world }: Pick<Context, 'place' | 'world'>): readonly string[] {
  if (OF_PROCESS.test(path)) return [withoutDots(path.replace(OF_PROCESS, ofProcess(place.cwd)))]
  const unknownAt = path.search(/[*?[{…]/)
  const known = unknownAt < 0 ? path : path.slice(0, path.lastIndexOf('/', unknownAt))
  if (known === '') return []
  const real = slashed(world.realPath(asWritten(known)))
  return [plainSpelling(withoutDots(real + path.slice(known.length)), place.platform)]
}

const OF_PROCESS = /^\/+proc\/+(?:self|thread-self)\/+(?:task\/+[^/]+\/+)?(root|cwd)(?=\/|$)/

const ofProcess =
  (cwd: string) =>
  (_: string, kind: string): string =>
    kind === 'root' ? '' : cwd
