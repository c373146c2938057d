// Clients from npm, each in a folder of its own that is kept for the next time. Their install scripts are not run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLONE } from '../state.mjs'
import { CLIENTS } from './table.mjs'

const CACHE = join(CLONE, '.writ', 'clients')

/**
 * The folder into which this version of a client is installed; what it wants beside it lies in the folder of `besideOf`.
 * @throws with what npm said
 */
export function fetchClient(client, version) {
  const { package: name, beside } = CLIENTS[client]
  if (beside !== undefined) installInto(besideOf(client, version), `${beside.package}@${version}`)
  return installInto(join(CACHE, `${client}@${version}`), `${name}@${version}`)
}

export const isFetched = (client, version) => existsSync(join(CACHE, `${client}@${version}`))

export const besideOf = (client, version) => join(CACHE, `beside-${client}@${version}`)

/** Installs packages into a folder of their own, unless they are there already. @throws with what npm said */
export function installInto(folder, ...wanted) {
  if (existsSync(folder)) return folder
  const draft = `${folder}.part`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'package.json'), '{ "private": true }\n')
  const options = [
    '--save-exact',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--omit=dev',
    '--loglevel=error',
  ]
  const { status, stderr, error } = spawnSync('npm', ['install', ...options, ...wanted], {
    cwd: draft,
    encoding: 'utf8',
    timeout: 600_000,
  })
  if (status !== 0)
    throw new Error(`npm could not install ${wanted.join(', ')}: ${error?.message ?? lastLine(stderr)}`)
  renameSync(draft, folder)
  return folder
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? ''
