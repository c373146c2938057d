import type { AgentPorts } from '../send-proven.ts'

/** Longest metadata document that is read, in bytes. */
const MAX_BYTES = 256 * 1024

/** @returns undefined where no JSON document is to be had */
export async function fetchJson(url: string, ports: AgentPorts): Promise<unknown> {
  const headers = { accept: 'application/json' }
  // A redirect could lead past every check of the address.
  const response = await ports.fetch(url, { method: 'GET', headers, redirect: 'error' })
  if (response.ok) return readJson(response)
  await response.body?.cancel()
  return undefined
}

/** The body of an answer by a server that is not trusted yet. @returns undefined where it is no JSON, or too long */
export async function readJson(response: Response): Promise<unknown> {
  const text = await readText(response)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
