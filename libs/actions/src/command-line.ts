import type { ActionClass, ActionClassSource } from '@writ/contracts'
import { strictestOf } from './classes.ts'
import { classOfProgram } from './programs.ts'

const MAX_COMMAND = 8192

/**
 * A first guess at a shell command, and no shell reader: the line is cut where a shell would begin another command, and each part is
 * judged by its program, its flags and its paths. Whatever is not understood (substitutions, a program that is not known) runs
 * something unseen: `exec`.
 */
export function classOfCommandLine(command: string): {
  readonly class: ActionClass
  readonly source: ActionClassSource
} {
  if (command.length > MAX_COMMAND || OPAQUE.test(command)) return { class: 'exec', source: 'default' }
  const parts = partsOf(command)
  const classes = parts.map((words) => classOfProgram(words))
  if (classes.length === 0 || classes.includes(null)) {
    const strictest = strictestOf([...classes.filter((one) => one !== null), 'exec'])
    return { class: strictest ?? 'exec', source: strictest === 'exec' ? 'default' : 'inferred' }
  }
  const redirected: readonly ActionClass[] = REDIRECTION.test(command) ? ['write.local'] : []
  return {
    class: strictestOf([...classes.filter((one) => one !== null), ...redirected]) ?? 'exec',
    source: 'inferred',
  }
}

/** Substitutions, here-documents, control characters and code points that hide: what runs cannot be read off the line. */
const OPAQUE = /[`\0\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\$\(|<\(|>\(|<<|\beval\b/

/** Anything but throwing output away. */
const REDIRECTION = />(?!\s*\/dev\/null|&\d)/

const SEPARATORS = /&&|\|\||[;&|\n\r(){}]/

const partsOf = (command: string): readonly (readonly string[])[] =>
  withoutQuoted(command.replaceAll(/\d?>&\d/g, ' '))
    .split(SEPARATORS)
    .map((part) =>
      part
        .trim()
        .split(/\s+/)
        .map(unmask)
        .filter((word) => word !== ''),
    )
    .filter((words) => words.length > 0)

/** Inside quotes a separator separates nothing: such characters are set aside before cutting, and put back after. */
const withoutQuoted = (command: string): string =>
  command.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) =>
    mask(single ?? double ?? ''),
  )

const PRIVATE_USE = 0xe000
const MASKED = /[\s;&|(){}]/g
const mask = (text: string): string =>
  text.replaceAll(MASKED, (found) => String.fromCharCode(PRIVATE_USE + found.charCodeAt(0)))
const unmask = (text: string): string =>
  text.replaceAll(/[\ue000-\uefff]/g, (found) => String.fromCharCode(found.charCodeAt(0) - PRIVATE_USE))
