import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Environment } from '@writ/runtime'
import { Failure } from '../failure.ts'

/** The file that a command starts. @throws Failure where there is none */
export function programOn(name: string, env: Environment): string {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  const places = name.includes('/')
    ? [join(isAbsolute(name) ? '/' : process.cwd(), name)]
    : folders.map((folder) => join(folder, name))
  const found = places.find((path) => existsSync(path))
  if (found === undefined)
    throw new Failure(`there is no program ${name}`, 'Name a program that is on the PATH, after `--`.')
  return found
}
