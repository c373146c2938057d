import { Injectable } from '@nestjs/common'
import { classify } from '@writ/actions'
import { lintCedar } from '@writ/cedar'
import type { Bundle, PolicyId, PolicyLintRequest } from '@writ/contracts'
import { lintPolicy } from '@writ/policy/authoring'
import type { CatalogueTool, LintGroup, Steps } from '@writ/policy/authoring'
import { currentBundle } from '../bundles/current-bundle.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { attachedGroups } from './attached-groups.ts'
import type { PolicyDraft } from './draft.ts'

/** Looks at a draft beside what the tenant has: its groups, its other policies, its tool catalogue. */
@Injectable()
export class LintService {
  async lint(
    db: TenantDb,
    draft: PolicyDraft,
    { policy, groups }: PolicyLintRequest,
  ): Promise<{ findings: readonly object[] }> {
    const bundle = await currentBundle(db, [])
    const attached = await attachedGroups(db, { policy, groups })
    const catalogue = await catalogueOf(db, bundle)
    const findings = lintPolicy(draft.document, {
      positionOf: positionsOf(draft),
      catalogue,
      groups: bundle.groups.map((group) => lintGroup(group, bundle, { draft, policy, attached })),
      others: bundle.policies.filter(({ id }) => id !== policy),
    })
    return { findings: [...findings, ...cedarRemarks(draft, catalogue)] }
  }
}

/** The text is one member of what was sent. */
const cedarRemarks = ({ cedar, notes }: PolicyDraft, catalogue: readonly CatalogueTool[]) =>
  cedar === null
    ? []
    : lintCedar({ text: cedar, notes }, catalogue).map((remark) => ({ ...remark, path: 'cedar' }))

/** Cedar has no place for what stands beside its rules. */
const positionsOf = (draft: PolicyDraft) => (steps: Steps) => {
  const { line = 1, column = 1 } = draft.errorAt(steps, '')
  return { line, column }
}

type Attaching = {
  readonly draft: PolicyDraft
  readonly policy: PolicyId | undefined
  readonly attached: readonly string[]
}

function lintGroup(
  { id, name, default: byDefault, approvers }: Bundle['groups'][number],
  { policies }: Bundle,
  { draft, policy, attached }: Attaching,
): LintGroup {
  const isAttached = attached.includes(id)
  const beside = policies.filter(
    (one) => one.id !== policy && one.groups.includes(id) && one.document.mode === 'enforce',
  )
  const own = isAttached && draft.document.mode === 'enforce' ? 1 : 0
  return { name, default: byDefault, approvers, isAttached, policies: beside.length + own }
}

type Connection = Bundle['connections'][number]
type SeenTool = Pick<CatalogueTool, 'annotations' | 'inputSchema'> & {
  readonly connection_id: string
  readonly name: string
}

const MOST_TOOLS = 5000

/** Every tool that was seen, in the form that was approved where one was. */
async function catalogueOf(db: TenantDb, { connections }: Bundle): Promise<readonly CatalogueTool[]> {
  const seen = await db.rows<SeenTool>(
    `select connection_id, name, coalesce(approved_annotations, annotations) as annotations,
       coalesce(approved_input_schema, input_schema) as "inputSchema"
     from writ.tool_definitions where tenant_id = $1 and kind = 'tool' order by connection_id, name limit $2`,
    [MOST_TOOLS],
  )
  const byId = new Map<string, Connection>(connections.map((connection) => [connection.id, connection]))
  return seen.flatMap((tool) => {
    const connection = byId.get(tool.connection_id)
    return connection ? [catalogueTool(tool, connection)] : []
  })
}

function catalogueTool({ name, annotations, inputSchema }: SeenTool, connection: Connection): CatalogueTool {
  const action = classify({
    method: 'tools/call',
    named: name,
    connectionName: connection.name,
    toolClasses: connection.toolClasses,
    args: {},
    inputSchema: inputSchema ?? null,
    ...(connection.annotationsTrusted && annotations && { annotations }),
  })
  return {
    connection: connection.name,
    trust: connection.trust,
    tool: name,
    class: action.class,
    classSource: action.classSource,
    inputSchema: inputSchema ?? null,
  }
}
