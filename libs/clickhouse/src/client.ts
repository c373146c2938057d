import { urlOf } from '@writ/contracts'
import { Pool } from 'undici'

export type ClickHouseSettings = {
  /** where it listens for HTTP */
  readonly url: string
  readonly database: string
  readonly user?: string
  readonly password?: string
  /** for one statement, from its first byte to the last of the answer */
  readonly timeoutMs?: number
}

/** One ClickHouse, spoken to over its HTTP interface. */
export interface ClickHouse {
  /** @returns the rows of a select, as objects; 64-bit numbers are texts @throws when it cannot be reached, or says no */
  rows<Row>(sql: string): Promise<Row[]>
  /** @throws likewise; an insert of rows of one partition is then there as a whole, or not at all */
  run(sql: string, body?: Uint8Array): Promise<void>
  close(): Promise<void>
  /** Cuts off what is under way; what was sent may still be done. */
  destroy(): Promise<void>
}

/** It said no. `code` is the number of its error: 60 no such table, 81 no such database, 159 too slow, 516 a wrong login. */
export class ClickHouseRefusal extends Error {
  override readonly name = 'ClickHouseRefusal'
  readonly code: string

  // What it says may quote the statement, and with it what somebody searched for; or the login.
  constructor(text: string) {
    const number = /^Code: (\d+)/.exec(text)?.[1]
    super(`ClickHouse refused a statement: ${number === undefined ? 'without a code' : `Code: ${number}`}`)
    this.code = `CLICKHOUSE_${number ?? 'REFUSED'}`
  }
}

/** Whether it would answer, but not in time. */
export const isTooSlow = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || Reflect.get(error, 'code') === 'CLICKHOUSE_159')

const TIMEOUT_MS = 30_000
const DATABASE = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
/** What a header can carry. */
const VISIBLE = /^[\x20-\x7e]*$/

/**
 * @param text `http(s)://user:password@host:port/database`; without a database: `default`
 * @returns null for what is no such URL
 */
export function clickHouseAt(text: string): ClickHouseSettings | null {
  const url = urlOf(text)
  if (url === null) return null
  const database = url.pathname.slice(1) || 'default'
  const isRight =
    /^https?:$/.test(url.protocol) && DATABASE.test(database) && `${url.search}${url.hash}` === ''
  const login = loginIn(url)
  return isRight && login ? { url: url.origin, database, ...login } : null
}

function loginIn({ username, password }: URL): Pick<ClickHouseSettings, 'user' | 'password'> | null {
  const [user, secret] = [decoded(username), decoded(password)]
  if (user === null || secret === null) return null
  return { ...(user !== '' && { user }), ...(secret !== '' && { password: secret }) }
}

function decoded(text: string): string | null {
  try {
    const read = decodeURIComponent(text)
    return VISIBLE.test(read) ? read : null
  } catch {
    return null
  }
}

export function createClickHouse(settings: ClickHouseSettings): ClickHouse {
  const { url, database, user, password, timeoutMs = TIMEOUT_MS } = settings
  const pool = new Pool(url, { connections: 8, connect: { timeout: timeoutMs } })
  const headers = {
    ...(user !== undefined && { 'x-clickhouse-user': user }),
    ...(password !== undefined && { 'x-clickhouse-key': password }),
  }
  const ask = async (query: Readonly<Record<string, string>>, body: Uint8Array | string): Promise<string> => {
    const path = `/?${new URLSearchParams({ database, ...query }).toString()}`
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await pool.request({ method: 'POST', path, headers, body, signal })
    const text = await textOf(answer.body)
    if (answer.statusCode !== 200) throw new ClickHouseRefusal(text)
    return text
  }
  // Nobody reads what comes later.
  const limit = { max_execution_time: String(Math.ceil(timeoutMs / 1000)) }
  return {
    rows: async (sql) => {
      const text = await ask({ default_format: 'JSONEachRow', ...limit }, sql)
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    },
    run: async (sql, body) => void (await (body ? ask({ query: sql }, body) : ask({}, sql))),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

/** Far more than 500 records and their bytes as hex. */
const MOST_BYTES = 128 * 1024 * 1024

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error('ClickHouse answers without an end')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A text as a literal of its SQL. Parameters would be better, and are not in the versions that distributions have. */
export const literal = (text: string): string =>
  `'${text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\0', String.raw`\0`)}'`
