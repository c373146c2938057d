// Gateways and bridges from npm that the benchmark alone needs: fetched once, at their pinned versions, install scripts not run.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installInto } from '../../clients/fetch.mjs'
import { CLONE } from '../../state.mjs'

const VERSIONS = { 'mcp-proxy': '6.7.19', '@modelcontextprotocol/inspector-server': '1.0.3' }
/** What a package imports and does not list. */
const BESIDE = { '@modelcontextprotocol/inspector-server': ['node-fetch@3.3.2'] }

/**
 * @param {keyof typeof VERSIONS} name
 * @returns {{ folder: string, version: string }} where the package itself lies
 * @throws with what npm said
 */
export function fetchPeer(name) {
  const version = VERSIONS[name]
  const cache = join(CLONE, '.writ', 'peers', `${name.replaceAll('/', '-')}@${version}`)
  const root = installInto(cache, `${name}@${version}`, ...(BESIDE[name] ?? []))
  return { folder: join(root, 'node_modules', name), version }
}

/** The program of a fetched package, by its own package.json. */
export function programOf(folder) {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : Object.values(bin)[0])
}

/** Imports what a fetched package has beside it. */
export const importBeside = (folder, name) =>
  import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)).href)
