import { Injectable } from '@nestjs/common'
import type { DecisionId, FindingQuery, FindingView } from '@writ/contracts'
import { pageOfRows } from '../http/page.ts'
import type { Page } from '../http/page.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

@Injectable()
export class FindingsService {
  async list(
    db: TenantDb,
    { kind, severity, session, limit, after }: FindingQuery,
  ): Promise<Page<FindingView>> {
    const rows = await db.rows<FindingRow>(LIST, [
      after,
      kind ?? null,
      severity ?? null,
      session ?? null,
      limit + 1,
    ])
    return pageOfRows(rows, limit, viewOf)
  }
}

type FindingRow = Omit<FindingView, 'foundAt'> & { readonly id: DecisionId; readonly found_at: Date }

// Records hold names sealed; a human goes by the name of today.
const LIST = `select id, kind, severity, session_id as session, agent, decisions, text, found_at,
    (select jsonb_build_object('id', h.id, 'name', h.name) from writ.humans h
      where h.tenant_id = f.tenant_id and h.id = f.human ->> 'id') as human from writ.findings f
  where tenant_id = $1 and id > $2 and ($3::text is null or kind = $3) and ($4::text is null or severity = $4)
    and ($5::text is null or session_id = $5) order by id limit $6`

const viewOf = ({ found_at, ...row }: FindingRow): FindingView => ({
  ...row,
  foundAt: found_at.toISOString(),
})
