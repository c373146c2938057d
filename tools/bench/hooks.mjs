// What hooks cost: the hook client from its start to its end. Further parts are added here, one file of `hooks/` each.
import { clients } from './hooks/clients.mjs'
import { inDaemon } from './hooks/in-daemon.mjs'
import { insideClaude } from './hooks/inside-claude.mjs'

const PARTS = [clients, inDaemon, insideClaude]

export async function measure({ say, running }) {
  const results = []
  for (const part of PARTS) results.push(...(await part({ say, running })))
  return results
}
