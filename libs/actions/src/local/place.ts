import type { ShellContext } from '../shell/facts.ts'
import type { LocalWorld, Place } from './understood.ts'

/** Where an action is read: paths of Windows in the form that the tables of places have, `/C:/Users/dev`. */
export type Context = { readonly shell: ShellContext; readonly place: Place; readonly world: LocalWorld }

export function contextOf(given: Place, world: LocalWorld): Context {
  const place: Place = {
    ...given,
    cwd: slashed(given.cwd),
    home: slashed(given.home),
    workspaces: (given.workspaces.length > 0 ? given.workspaces : [given.cwd]).map(slashed),
  }
  const shell: ShellContext = {
    cwd: place.cwd,
    home: place.home,
    workspaces: place.workspaces,
    platform: place.platform,
  }
  return { place, world, shell }
}

/** `C:\Users\dev` as `/C:/Users/dev`; without a slash at its end. */
export function slashed(path: string): string {
  const text = /^[A-Za-z]:[\\/]|^\\\\/.test(path) ? `/${path.replaceAll('\\', '/')}` : path
  return text.length > 1 ? text.replace(/\/+$/, '') : text
}

/** The other way round, as the machine writes it. */
export const asWritten = (path: string): string => (/^\/[A-Za-z]:(?:\/|$)/.test(path) ? path.slice(1) : path)
