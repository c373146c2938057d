import type { ConnectionApi } from '@writ/contracts'
import { unprocessable } from '../../http/problem.ts'
import { UnusableDocument } from './budget.ts'
import { readOpenApi } from './read-document.ts'

/** Columns of a connection whose document this is. @throws 422 */
export function apiColumnsOf(openapi: string | undefined): Readonly<Record<string, string>> {
  if (openapi === undefined) return {}
  try {
    const { api, leftOut } = readOpenApi(openapi)
    return { api: JSON.stringify(api), api_left_out: JSON.stringify(leftOut) }
  } catch (error) {
    if (!(error instanceof UnusableDocument)) throw error
    throw refused(error.message)
  }
}

/** A connection stays what it was made as: what policies say of an MCP server does not come to count for an API. @throws 422 */
export function requireApi(openapi: string | undefined, api: ConnectionApi | null): void {
  if (openapi !== undefined && api === null)
    throw refused('this connection leads to an MCP server: make another one for the API')
}

const refused = (message: string) =>
  unprocessable('this document is not taken', [{ path: 'openapi', message }])

/** SQL: what admins see of the document of a connection `p`; null where it has none. */
export const API_VIEW = `case when p.api is not null then jsonb_build_object(
  'title', p.api -> 'title', 'version', p.api -> 'version', 'leftOut', p.api_left_out,
  'tools', jsonb_path_query_array(p.api, '$.operations[*].tool')) end`

/** SQL: the classes of the tools of a connection `p`: those that an admin set, and below them those that the methods of an API are of. */
export const TOOL_CLASSES = `coalesce((select jsonb_object_agg(o ->> 'tool', case o ->> 'method'
    when 'GET' then 'read.private' when 'DELETE' then 'destructive' else 'write.shared' end)
  from jsonb_array_elements(p.api -> 'operations') o), '{}') || p.tool_classes`
