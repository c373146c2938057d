import type { EntityManager } from 'typeorm'
import type { Tenant } from './admission.ts'

/**
 * The open transaction of one tenant. `$1` of every statement is the tenant's id and the first parameter given is `$2`:
 * a statement that forgets the tenant does not even bind. Row-level security is the second wall.
 */
export class TenantDb {
  readonly tenant: Tenant
  readonly manager: EntityManager

  constructor(tenant: Tenant, manager: EntityManager) {
    this.tenant = tenant
    this.manager = manager
  }

  async rows<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const answer = await this.manager.query<Row[] | Counted<Row>>(sql, [this.tenant.id, ...parameters])
    return isCounted(answer) ? answer[0] : answer
  }

  async first<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row | null> {
    return (await this.rows<Row>(sql, parameters))[0] ?? null
  }

  /** Column names are ours, never a caller's, and so is what happens where there is such a row already. */
  async insert(table: string, row: Readonly<Record<string, unknown>>, onConflict = ''): Promise<void> {
    const columns = Object.keys(row)
    const places = columns.map((_, index) => `$${index + 2}`)
    await this.rows(
      `insert into writ.${table} (tenant_id, ${columns.join(', ')}) values ($1, ${places.join(', ')}) ${onConflict}`,
      Object.values(row),
    )
  }
}

// TypeORM answers UPDATE and DELETE with rows and their number, everything else with rows.
type Counted<Row> = [rows: Row[], count: number]
const isCounted = <Row>(answer: Row[] | Counted<Row>): answer is Counted<Row> => Array.isArray(answer[0])
