import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Injectable } from '@nestjs/common'
import { Clock } from '../clock.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

const ROWS_AT_ONCE = 200

/**
 * Tables that hold nothing but secrets, sealed or hashed, what was under way for minutes, or what is made from what is exported. Every other table of a tenant is exported.
 */
export const NOT_EXPORTED: readonly string[] = [
  'tenant_keys',
  'used_proofs',
  'enrolment_tokens',
  'device_codes',
  'authorization_codes',
  'human_sessions',
  'sign_ins',
  'owner_links',
  'record_blocks',
  'pack_pieces',
]
/** Columns that are left out wherever they stand: sealed secrets, and hashes by which a presented secret is known. */
const SECRET_COLUMNS = [
  'sealed_secret',
  'sealed_private',
  'wrapped_dek',
  'secret_sha256',
  'claim_sha256',
  'token',
]

/** Everything that a tenant has here, but for its secrets, as one JSON document that is written while it is read. */
@Injectable()
export class TenantExport {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
  ) {}

  /** Nothing is read before somebody takes from the stream; each table is as of one moment. */
  of(tenant: Tenant): Readable {
    return Readable.from(this.#text(tenant), { objectMode: false })
  }

  async *#text(tenant: Tenant): AsyncGenerator<string> {
    const out = new PassThrough()
    const done = this.tenancy
      .run(tenant, (db) => pipeline(Readable.from(documentOf(db, this.clock.nowMs())), out))
      .catch(
        (error: unknown) => void out.destroy(error instanceof Error ? error : new Error('the export failed')),
      )
    out.setEncoding('utf8')
    yield* out
    await done
  }
}

async function* documentOf(db: TenantDb, nowMs: number): AsyncGenerator<string> {
  const head = { format: 'writ.tenant.v1', exportedAt: new Date(nowMs).toISOString(), tenant: db.tenant }
  yield `${JSON.stringify(head).slice(0, -1)},"tables":{`
  let comma = ''
  for (const { table, columns } of await tablesOf(db)) {
    yield `${comma}\n${JSON.stringify(table)}:[`
    yield* rowsOf(db, table, columns)
    yield ']'
    comma = ','
  }
  yield '}}\n'
}

// A cursor: a table of any size is read in one statement, piece by piece.
async function* rowsOf(db: TenantDb, table: string, columns: readonly string[]): AsyncGenerator<string> {
  const own = table === 'tenants' ? 'id' : 'tenant_id'
  await db.rows(
    `declare exported no scroll cursor for select json_build_object(${columns.map(pairOf).join(', ')})::text as row
     from writ.${table} where ${own} = $1 order by 1`,
  )
  let comma = ''
  for (let rows = await nextRows(db); rows.length > 0; rows = await nextRows(db)) {
    yield `${comma}${rows.join(',\n')}`
    comma = ',\n'
  }
  await db.manager.query('close exported')
}

async function nextRows(db: TenantDb): Promise<string[]> {
  const rows: { row: string }[] = await db.manager.query(`fetch ${ROWS_AT_ONCE} from exported`)
  return rows.map(({ row }) => row)
}

/** The bytes of a record are text. */
const pairOf = (column: string): string =>
  column === 'bytes' ? `'bytes', convert_from(bytes, 'UTF8')` : `'${column}', ${column}`

type TableColumns = { readonly table: string; readonly columns: string[] }

/** From the catalog: a table that is new is exported, unless somebody says why not. */
const tablesOf = (db: TenantDb): Promise<TableColumns[]> =>
  db.rows<TableColumns>(
    `select c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where $1 <> '' and c.relnamespace = 'writ'::regnamespace and c.relkind in ('r', 'p') and c.relname <> all ($2)
       and a.attname <> all ($3) and has_column_privilege(c.oid, a.attnum, 'select')
       and (c.relname = 'tenants' or exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id'))
     group by c.relname order by c.relname`,
    [NOT_EXPORTED, SECRET_COLUMNS],
  )
