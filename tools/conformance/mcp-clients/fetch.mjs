// Packages of a client, in a folder of their own that is kept for the next time. Their install scripts are not run.
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installInto } from '../../clients/fetch.mjs'
import { CLONE } from '../../state.mjs'
import { MCP_CLIENTS } from './table.mjs'

const OWN = fileURLToPath(new URL('.', import.meta.url))

/** Whether it can be run without fetching anything. */
export const isHere = (name) => MCP_CLIENTS[name].packages === undefined || existsSync(folderOf(name))

/**
 * The words that start it, with `{url}` in them where the address goes if it is not the first argument.
 * @throws with what npm said, where its packages cannot be had
 */
export function programOf(name) {
  const { packages, program, command, args = [], node } = MCP_CLIENTS[name]
  if (packages === undefined) return [process.execPath, join(OWN, program), '{url}', ...args]
  const folder = installInto(folderOf(name), ...packages, ...(isNodeOld(node) ? [node.package] : []))
  if (command !== undefined) return [nodeIn(folder, node), entryOf(folder, command), ...args]
  copyFileSync(join(OWN, program), join(folder, program))
  return [process.execPath, join(folder, program), '{url}', ...args]
}

/** The same packages lie in the same folder. */
const folderOf = (name) =>
  join(CLONE, '.writ', 'clients', MCP_CLIENTS[name].packages[0].replaceAll('/', '+').replace(/^@/, 'mcp-'))

function isNodeOld(node) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return node !== undefined && (major < node.least[0] || (major === node.least[0] && minor < node.least[1]))
}

const nodeIn = (folder, node) =>
  isNodeOld(node)
    ? join(folder, 'node_modules', node.package.replace(/@[^@]+$/, ''), 'bin', 'node')
    : process.execPath

const entryOf = (folder, command) => join(folder, 'node_modules', '.bin', command)
