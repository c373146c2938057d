import { readJson } from '../read-json.ts'
import type { AgentPorts } from '../send-proven.ts'

/** @returns undefined where no JSON document is to be had */
export async function fetchJson(url: string, ports: AgentPorts): Promise<unknown> {
  const headers = { accept: 'application/json' }
  // A redirect could lead past every check of the address.
  const response = await ports.fetch(url, { method: 'GET', headers, redirect: 'error' })
  if (response.ok) return readJson(response)
  await response.body?.cancel()
  return undefined
}
