// What the owner of the database can do to a ledger, past every trigger.
import { Client } from 'pg'

export async function openDatabase({ ownerUrl }, tenant) {
  const client = new Client({ connectionString: ownerUrl })
  // a server that stops ends it, and says so to whoever asks next
  client.on('error', () => {})
  await client.connect()
  const { rows: tables } = await client.query(
    `select c.oid::regclass::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'writ.records'::regclass`,
  )
  /** Without triggers; the wall between tenants is for roles, and a partition has none for the owner. */
  const unguarded = async (table, text, values) => {
    await client.query(`alter table ${table} disable trigger all`)
    try {
      return await client.query(text.replaceAll('TABLE', table), values)
    } finally {
      await client.query(`alter table ${table} enable trigger all`)
    }
  }
  const onRecords = async (text, values = []) => {
    const found = []
    for (const { name } of tables) found.push(...(await unguarded(name, text, [tenant, ...values])).rows)
    return found
  }
  return {
    bytesOf: (leaf) => bytesOf(client, tables, [tenant, leaf]),
    setBytes: (leaf, bytes) =>
      onRecords('update TABLE set bytes = $3 where tenant_id = $1 and leaf_index = $2', [leaf, bytes]),
    /** Takes rows out; what is given back puts them in again. */
    remove: async (first, last) => {
      const kept = []
      for (const { name } of tables) {
        const where = 'where tenant_id = $1 and leaf_index between $2 and $3'
        await client.query(
          `create temp table kept_${kept.length} as select * from ${name} ${where.replace('$1', `'${tenant}'`).replace('$2', first).replace('$3', last)}`,
        )
        await unguarded(name, `delete from TABLE ${where}`, [tenant, first, last])
        kept.push(name)
      }
      return async () => {
        for (const [at, name] of kept.entries())
          await unguarded(name, `insert into TABLE select * from kept_${at}`)
      }
    },
    /** One bit of a leaf hash in a tile. */
    flipTile: (leaf) =>
      unguarded(
        'writ.log_tiles',
        'update TABLE set hashes = set_byte(hashes, $3, get_byte(hashes, $3) # 1) where tenant_id = $1 and level = 0 and index = $2',
        [tenant, Math.floor(leaf / 256), (leaf % 256) * 32],
      ),
    close: () => client.end(),
  }
}

async function bytesOf(client, tables, place) {
  for (const { name } of tables) {
    const { rows } = await client.query(
      `select bytes from ${name} where tenant_id = $1 and leaf_index = $2`,
      place,
    )
    if (rows.length > 0) return rows[0].bytes
  }
  throw new Error(`there is no leaf ${place[1]}`)
}

/** [name, (database, leaf, leaves) => { undo, named }] */
export const DATABASE_EDITS = [
  [
    'a record says something else',
    (database, leaf) =>
      rewritten(database, leaf, (text) => text.replace(/"durationMicros":\d+/, '"durationMicros":1')),
  ],
  ['a byte of a record', (database, leaf) => rewritten(database, leaf, (text) => `${text.slice(0, -2)}~}`)],
  ['two records change places', swapped],
  ['a record is gone', async (database, leaf) => ({ undo: await database.remove(leaf, leaf) })],
  [
    'the last records are gone',
    async (database, _, leaves) => ({
      undo: await database.remove(leaves.at(-3), leaves.at(-1)),
      named: leaves.at(-3),
    }),
  ],
  [
    'a bit of a tile',
    async (database, leaf) => {
      await database.flipTile(leaf)
      return { undo: () => database.flipTile(leaf) }
    },
  ],
]

async function rewritten(database, leaf, edit) {
  const bytes = await database.bytesOf(leaf)
  await database.setBytes(leaf, Buffer.from(edit(bytes.toString())))
  return { undo: () => database.setBytes(leaf, bytes) }
}

async function swapped(database, leaf) {
  const [one, other] = [await database.bytesOf(leaf), await database.bytesOf(leaf + 1)]
  await database.setBytes(leaf, other)
  await database.setBytes(leaf + 1, one)
  return {
    undo: async () => {
      await database.setBytes(leaf, one)
      await database.setBytes(leaf + 1, other)
    },
  }
}
