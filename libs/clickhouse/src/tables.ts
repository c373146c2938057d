import type { ClickHouse } from './client.ts'

// An index that is made again is a table of its own, and never one of a former name: whoever is still writing into the former one, from
// the place that it knew, writes nothing into the new one.
const NAME = /^writ_records_(\d{1,9})$/
const nameOf = (generation: number): string => `writ_records_${generation}`

/** The table of the index as it is now; an empty one is made where there is none. @throws when ClickHouse cannot be reached */
export async function currentTable(clickHouse: ClickHouse): Promise<string> {
  const [newest] = await generationsIn(clickHouse)
  if (newest !== undefined) return nameOf(newest)
  await createTable(clickHouse, nameOf(1))
  return nameOf(1)
}

/** An empty table in the place of what there is: all of it is loaded again. @returns its name */
export async function beginAgain(clickHouse: ClickHouse): Promise<string> {
  const former = await generationsIn(clickHouse)
  const name = nameOf((former[0] ?? 0) + 1)
  await createTable(clickHouse, name)
  for (const one of former) await clickHouse.run(`DROP TABLE IF EXISTS ${nameOf(one)}`)
  return name
}

/** Newest first. */
async function generationsIn(clickHouse: ClickHouse): Promise<number[]> {
  const rows = await clickHouse.rows<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'writ\\\\_records\\\\_%'`,
  )
  return rows
    .flatMap(({ name }) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((one, other) => other - one)
}

/**
 * A leaf that was loaded twice is one row after a merge, and reads do not wait for that. SQL of 2018, so that the packages of
 * distributions serve too.
 */
const createTable = (clickHouse: ClickHouse, name: string): Promise<void> =>
  clickHouse.run(`
    CREATE TABLE IF NOT EXISTS ${name} (
      day Date, tenant String, leaf UInt64, ingested UInt64, at UInt64, kind String, decision String,
      terms Array(Int32), digests Array(String), fields Array(String), texts Array(String), bytes String
    ) ENGINE = ReplacingMergeTree() PARTITION BY toYYYYMM(day) ORDER BY (tenant, leaf) SETTINGS index_granularity = 256`)
