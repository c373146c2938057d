import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AccessGroupId, AgentId, HumanId, NodeId, TenantId } from '@writ/contracts'
import { readState, writeState } from '@writ/point'
import { z } from 'zod'
import { Failure } from '../../failure.ts'
import { underLock } from '../../lock.ts'
import { newId } from '../moment.ts'

/** Who this machine is to itself, where no tenant says so. */
export const LocalState = z.strictObject({
  format: z.literal('writ.local.v1'),
  tenant: TenantId,
  group: AccessGroupId,
  agent: AgentId,
  human: HumanId,
  node: NodeId,
  /** 32 bytes, base64url: keys the fingerprints of content that sessions keep */
  contentKey: z.base64url(),
  /** the newest bundle that was made here, and of what it was made, hex */
  version: z.int().nonnegative(),
  madeOf: z.string(),
})
export type LocalState = z.infer<typeof LocalState>

export const localFolder = (home: string): string => join(home, 'local')

/** The state with the version for what the bundle is made of: one more where that is something else than before. @throws Failure */
export async function openLocalState(folder: string, madeOf: string): Promise<LocalState> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return underLock(join(folder, '.lock'), async () => {
    const before = await readLocalState(folder)
    const known = before ?? newState()
    if (before !== null && before.madeOf === madeOf) return known
    const next = { ...known, version: known.version + 1, madeOf }
    await writeState(pathIn(folder), JSON.stringify(next))
    return next
  })
}

/** Null before the first use. @throws Failure where it is there and cannot be read: another identity would begin unnoticed */
export async function readLocalState(folder: string): Promise<LocalState | null> {
  const text = await readState(pathIn(folder))
  if (text === null) return null
  try {
    return LocalState.parse(JSON.parse(text))
  } catch {
    throw new Failure(
      `${pathIn(folder)} cannot be read`,
      'Restore it, or move the folder away: then this machine begins anew.',
    )
  }
}

const pathIn = (folder: string): string => join(folder, 'local.json')

const newState = (): LocalState => ({
  format: 'writ.local.v1',
  tenant: newId('ten'),
  group: newId('grp'),
  agent: newId('agt'),
  human: newId('hum'),
  node: newId('nod'),
  contentKey: randomBytes(32).toString('base64url'),
  version: 0,
  madeOf: '',
})
