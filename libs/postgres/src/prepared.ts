import type { ClientBase, QueryResultRow } from 'pg'
import type { EntityManager } from 'typeorm'

/** A statement that each connection plans once: of what is said for every batch, planning is more than half. One name, one text. */
export type Prepared = { readonly name: string; readonly text: string }

/**
 * Runs it in the transaction of the manager.
 * @throws what the driver throws, with its SQLSTATE as `code`; behind a transaction pooler, one must be that keeps prepared statements
 */
export async function runPrepared<Row extends QueryResultRow>(
  { queryRunner }: EntityManager,
  statement: Prepared,
  values: readonly unknown[],
): Promise<Row[]> {
  if (queryRunner === undefined) throw new Error('a prepared statement is of a transaction')
  const client: ClientBase = await queryRunner.connect()
  const { rows } = await client.query<Row>({ ...statement, values: [...values] })
  return rows
}
