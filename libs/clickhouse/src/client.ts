import { Pool } from 'undici'

export type ClickHouseSettings = {
  /** where it listens for HTTP */
  readonly url: string
  readonly database: string
  readonly user?: string
  readonly password?: string
}

/** One ClickHouse, spoken to over its HTTP interface. */
export interface ClickHouse {
  /** @returns the rows of a select, as objects; 64-bit numbers are texts @throws when it cannot be reached, or says no */
  rows<Row>(sql: string): Promise<Row[]>
  /** @throws likewise; an insert of rows of one partition is then there as a whole, or not at all */
  run(sql: string, body?: Uint8Array): Promise<void>
  close(): Promise<void>
}

const TIMEOUT_MS = 30_000

export function createClickHouse({ url, database, user, password }: ClickHouseSettings): ClickHouse {
  const pool = new Pool(url, { connections: 8, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const headers = {
    ...(user !== undefined && { 'x-clickhouse-user': user }),
    ...(password !== undefined && { 'x-clickhouse-key': password }),
  }
  const ask = async (query: Readonly<Record<string, string>>, body: Uint8Array | string): Promise<string> => {
    const path = `/?${new URLSearchParams({ database, ...query }).toString()}`
    const answer = await pool.request({ method: 'POST', path, headers, body })
    const text = await answer.body.text()
    // What it says may quote the statement, and with it what somebody searched for.
    if (answer.statusCode !== 200) throw new Error(`ClickHouse refused a statement: ${codeIn(text)}`)
    return text
  }
  return {
    rows: async (sql) => {
      const text = await ask({ default_format: 'JSONEachRow' }, sql)
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    },
    run: async (sql, body) => void (await (body ? ask({ query: sql }, body) : ask({}, sql))),
    close: () => pool.close(),
  }
}

const codeIn = (text: string): string => /^Code: \d+/.exec(text)?.[0] ?? 'without a code'

/** A text as a literal of its SQL. Parameters would be better, and are not in the versions that distributions have. */
export const literal = (text: string): string =>
  `'${text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\0', String.raw`\0`)}'`
