import type { Hash } from '@writ/audit'
import type { EntityManager } from 'typeorm'

/** Adds a leaf to the global log. Whoever else does waits until this transaction ends. @returns its index */
export async function addGlobalLeaf(manager: EntityManager, bytes: Hash, at: Date): Promise<number> {
  const rows: [{ index: number }[], number] = await manager.query(
    'update writ.global_trees set leaves = leaves + 1 returning (leaves - 1)::float8 as index',
  )
  const index = rows[0][0]?.index
  if (index === undefined) throw new Error('the global log was not begun')
  await manager.query('insert into writ.global_leaves (leaf_index, bytes, at) values ($1, $2, $3)', [
    index,
    bytes,
    at,
  ])
  return index
}

export async function globalLeaf(manager: EntityManager, index: number): Promise<Buffer | null> {
  const rows: { bytes: Buffer }[] = await manager.query(
    'select bytes from writ.global_leaves where leaf_index = $1',
    [index],
  )
  return rows[0]?.bytes ?? null
}
