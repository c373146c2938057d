import { isDeepStrictEqual } from 'node:util'
import type { ApiDescription, BundleConnection, BundleTool, CredentialPlace } from '@writ/contracts'
import { UPSTREAM_BY_DEFAULT, UpstreamSettings } from '@writ/contracts'
import { groupsOf } from '../access-groups/membership.ts'
import { TOOL_CLASSES } from '../connections/openapi/connection-api.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The connections of a tenant as they go into its bundle, each with the definitions that the tenant approved. */
export async function connectionsOf(db: TenantDb): Promise<BundleConnection[]> {
  const tools = await approvedTools(db)
  const rows = await db.rows<ConnectionRow>(
    `select p.id, p.name, p.url, p.credential_header, p.client_certificates, p.credential_version, ${TOOL_CLASSES} as tool_classes, p.api, p.trust, p.upstream, p.annotations_trusted,
       p.suspended_at is not null as suspended,
       ${groupsOf('connection')} as groups
     from writ.connections p where p.tenant_id = $1 and p.deleted_at is null order by p.id`,
  )
  return rows.map((row) => connectionOf(row, tools))
}

type ConnectionRow = Pick<BundleConnection, 'id' | 'name' | 'url' | 'groups' | 'trust' | 'suspended'> & {
  credential_header: string | null
  client_certificates: string | null
  credential_version: number
  upstream: object
  tool_classes: BundleConnection['toolClasses']
  annotations_trusted: boolean
  api: ApiDescription | null
}
type ToolRow = BundleTool & { readonly connection_id: string }

/** As approved, and not as seen since. */
const approvedTools = (db: TenantDb): Promise<ToolRow[]> =>
  db.rows(
    `select d.connection_id, d.kind, d.name, d.approved_pin as pin, d.approved_content_pin as "contentPin", d.approved_annotations as annotations,
       d.approved_input_schema as "inputSchema"
     from writ.tool_definitions d join writ.connections c on c.tenant_id = d.tenant_id and c.id = d.connection_id
     where d.tenant_id = $1 and d.approved_pin is not null and c.deleted_at is null order by d.kind, d.name`,
  )

function connectionOf(row: ConnectionRow, tools: readonly ToolRow[]): BundleConnection {
  const { id, name, url, groups, trust, suspended } = row
  const upstream = UpstreamSettings.parse(row.upstream)
  return {
    id,
    name,
    url,
    credential: credentialOf(row),
    groups,
    toolClasses: row.tool_classes,
    trust,
    annotationsTrusted: row.annotations_trusted,
    suspended,
    ...(isDeepStrictEqual(upstream, UPSTREAM_BY_DEFAULT) ? {} : { upstream }),
    tools: tools.filter(({ connection_id: connection }) => connection === id).map(toolOf),
    ...(row.api && { api: row.api }),
  }
}

function credentialOf({
  credential_header: header,
  client_certificates: certificates,
  credential_version: version,
}: ConnectionRow): CredentialPlace {
  if (certificates !== null) return { kind: 'client-certificate', certificates, version }
  return header === null ? { kind: 'none' } : { kind: 'api-key', header, version }
}

const toolOf = ({ kind, name, pin, contentPin, annotations, inputSchema }: ToolRow): BundleTool => ({
  kind,
  name,
  pin,
  contentPin,
  annotations,
  inputSchema,
})
