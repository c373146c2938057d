import { request } from 'node:http'
import { z } from 'zod'
import type { CliConfig } from '../config.ts'
import { EXIT, Failure } from '../failure.ts'
import { adminSocketIn, sharedFolder } from './sockets/folder.ts'

const PATIENCE_MS = 3000
const MOST_BYTES = 1024 * 1024

export const Status = z.object({
  source: z.enum(['tenant', 'local']),
  tenant: z.string(),
  agent: z.string(),
  agentId: z.string(),
  mode: z.enum(['observe', 'enforce']).nullable(),
  bundleVersion: z.int().nullable(),
  isReady: z.boolean(),
  trouble: z.string().nullable(),
  silentSeconds: z.number().nullable(),
  session: z.string().nullable(),
  conversations: z.int(),
  recordsKept: z.int(),
  proxyUrl: z.string().nullable(),
  recordsFolder: z.string(),
  pid: z.int(),
})
export type Status = z.infer<typeof Status>

export const Approvals = z.object({
  waiting: z.array(
    z.object({
      id: z.string(),
      tool: z.string(),
      reason: z.string(),
      rule: z.string(),
      expiresAt: z.string(),
    }),
  ),
})

type Config = Pick<CliConfig, 'WRIT_HOME' | 'XDG_RUNTIME_DIR'>
type Said = { readonly status: number; readonly text: string }

/** Null where no daemon answers. @throws Failure where something else does */
export async function daemonStatus(config: Config): Promise<Status | null> {
  const said = await ask(config, 'GET', '/status').catch(() => null)
  if (said === null) return null
  return read(Status, said)
}

/** @throws Failure where no daemon answers */
export const daemonApprovals = async (config: Config): Promise<z.infer<typeof Approvals>> =>
  read(Approvals, await askOrFail(config, 'GET', '/approvals'))

/** @returns false where nothing of that name waits. @throws Failure where no daemon answers */
export async function answerApproval(config: Config, id: string, yes: boolean): Promise<boolean> {
  const path = `/approvals/${encodeURIComponent(id)}/${yes ? 'approve' : 'refuse'}`
  return (await askOrFail(config, 'POST', path)).status === 200
}

const askOrFail = (config: Config, method: 'GET' | 'POST', path: string): Promise<Said> =>
  ask(config, method, path).catch(() => {
    throw noDaemon()
  })

export const noDaemon = (): Failure =>
  new Failure('no daemon answers on this machine', 'Start it: writ daemon', EXIT.unavailable)

function ask(config: Config, method: 'GET' | 'POST', path: string): Promise<Said> {
  const socketPath = adminSocketIn(sharedFolder(config))
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, timeout: PATIENCE_MS }, (response) => {
      const chunks: Buffer[] = []
      let sizeBytes = 0
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes > MOST_BYTES) asked.destroy()
        else chunks.push(chunk)
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
    })
    asked.on('timeout', () => asked.destroy(new Error('too slow')))
    asked.on('error', reject)
    asked.end()
  })
}

function read<Schema extends z.ZodType>(schema: Schema, { text }: Said): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw new Failure(
      'what answers in the place of the daemon is none',
      'Find out which program that is.',
      EXIT.no,
    )
  }
}
