import { Client } from 'pg'

/** Asks Postgres as the owner of the schema, past every service. */
export async function asOwner({ ownerUrl }, ask) {
  return asRole(ownerUrl, ask)
}

export async function asRole(url, ask) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await ask(client)
  } finally {
    await client.end()
  }
}
