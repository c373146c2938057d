import { createHash } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeaseStore } from '@writ/credentials'
import { readState, writeState } from '@writ/point'

/**
 * Keeps leases over a restart, each still sealed to this gateway's lease key. Expired ones are removed at the start;
 * one that is read too late is refused by whoever opens it.
 */
export async function openLeaseStore(folder: string, nowMs: number): Promise<LeaseStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder))
    if (hasExpired(name, nowMs)) await rm(join(folder, name), { force: true })
  const names = new Map((await readdir(folder)).map((name) => [name.split('.')[0] ?? '', name]))
  const pathOf = (key: string) => join(folder, names.get(hashOf(key)) ?? 'absent')
  return {
    read: (key) => readState(pathOf(key)),
    write: async (key, sealed, expiresAtMs) => {
      const name = `${hashOf(key)}.${expiresAtMs}.lease`
      const before = names.get(hashOf(key))
      await writeState(join(folder, name), sealed)
      names.set(hashOf(key), name)
      if (before !== undefined && before !== name) await rm(join(folder, before), { force: true })
    },
    remove: async (key) => {
      const path = pathOf(key)
      names.delete(hashOf(key))
      await rm(path, { force: true })
    },
  }
}

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')

function hasExpired(name: string, nowMs: number): boolean {
  const [, expiresAtMs] = /^[0-9a-f]{64}\.(\d+)\.lease$/.exec(name) ?? []
  return expiresAtMs === undefined || Number(expiresAtMs) <= nowMs
}
