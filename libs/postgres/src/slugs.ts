import type { EntityManager } from 'typeorm'

/**
 * Gives a slug free whose tenant was deleted before that time, in the transaction that takes it.
 * @returns the last bundle version under that slug, 0 where there was none: gateways keep it, so the next tenant goes on from there
 */
export async function releaseSlug(
  manager: EntityManager,
  slug: string,
  deletedBefore: Date,
): Promise<number> {
  const [row] = await manager.query('select app.release_slug($1, $2) as version', [slug, deletedBefore])
  return row?.version ?? 0
}
