import { startPostgres } from './postgres.mjs'

/**
 * The database of this start: the server that DATABASE_URL names, as the owner of its database, or the embedded one.
 * @param {{ stateDir: string, password: string, port: number, env: NodeJS.ProcessEnv, say: (text: string) => void }} options
 * @returns {Promise<{ url: string, how: string, stop: () => Promise<void>, died?: Promise<string> }>}
 * @throws when DATABASE_URL does not answer or is too old: a server that was asked for is never replaced silently
 */
export async function provideDatabase({ stateDir, password, port, env, say }) {
  if (env.DATABASE_URL) return await databaseAt(env.DATABASE_URL)
  const server = await startPostgres({ stateDir, password, port, say })
  return { ...server, how: `embedded ${server.version} on 127.0.0.1:${server.port}` }
}

const LEAST_MAJOR = 16

async function databaseAt(url) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query('show server_version')
    const version = rows[0].server_version
    if (Number.parseInt(version, 10) < LEAST_MAJOR)
      throw new Error(`it is Postgres ${version}, ${LEAST_MAJOR} or newer is needed`)
    return { url, how: `DATABASE_URL, ${version}`, stop: async () => {} }
  } catch (error) {
    throw new Error(`DATABASE_URL cannot be used: ${error.message || error.code}`, { cause: error })
  } finally {
    await client.end().catch(() => {})
  }
}
