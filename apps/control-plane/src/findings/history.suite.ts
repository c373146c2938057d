import { formatId } from '@writ/contracts'
import type { AuditRecord, DecisionId, IdPrefix, SessionId } from '@writ/contracts'

/** Records of one session as its device and the gateway would have written them; `at` counts milliseconds from its start. */

export const START_MS = Date.UTC(2026, 10, 21, 12)

/** One thing that an agent does, and the records that it leaves, by what wrote them. */
export type Deed = { readonly records: readonly Written[] }
export type Written = {
  readonly by: 'hook' | 'result' | 'gateway' | 'sandbox'
  readonly fields: Partial<AuditRecord> & Pick<AuditRecord, 'at' | 'decisionId'>
}

let serial = 0
/** An id of its own, the same in every run. */
export function nextId<P extends IdPrefix>(prefix: P): `${P}_${string}` {
  serial += 1
  const bytes = Buffer.alloc(10)
  bytes.writeUInt32BE(serial, 6)
  return formatId(prefix, START_MS, bytes)
}

export const at = (ms: number): string => new Date(START_MS + ms).toISOString()
const decision = (): DecisionId => nextId('dec')

type Local = NonNullable<AuditRecord['local']>

const localOf = (change: Partial<Local>): Local => ({
  client: 'claude-code',
  moment: 'before',
  conversation: 'c-1',
  toolUse: null,
  tool: null,
  facts: [],
  hosts: [],
  packages: [],
  more: false,
  observed: false,
  times: 1,
  ...change,
})

type Action = NonNullable<AuditRecord['action']>
const actionOf = (method: string, tool: string, resource = tool): Action => ({
  method,
  tool,
  class: 'exec',
  classSource: 'catalogue',
  resource,
})

/** What one hook said. */
export const hook = (ms: number, method: string, local: Partial<Local> = {}): Written => ({
  by: local.moment === 'after' ? 'result' : 'hook',
  fields: {
    channel: 'hooks',
    decisionId: decision(),
    at: at(ms),
    connection: null,
    action: actionOf(method, method),
    local: localOf(local),
  },
})

/** A connection that the sandbox saw. */
export const egress = (ms: number, host: string, change: Partial<Local> = {}): Written => ({
  ...hook(ms, 'hook/network.connect', { client: 'sandbox', hosts: [host], ...change }),
  by: 'sandbox',
})

/** A tool of a connection, as a hook tells of it. */
export function mcpHook(ms: number, tool: string, change: Partial<Local> = {}, server = 'crm'): Written {
  const { by, fields } = hook(ms, 'hook/mcp.call', change)
  return { by, fields: { ...fields, action: actionOf('hook/mcp.call', tool, `${server}/${tool}`) } }
}

/** The same call, as a gateway saw it. */
export const gatewayCall = (ms: number, tool: string, body: string, name = 'crm'): Written => ({
  by: 'gateway',
  fields: {
    channel: 'gateway',
    decisionId: decision(),
    at: at(ms),
    connection: { id: `con_${'0'.repeat(26)}`, name },
    action: actionOf('tools/call', tool),
    request: { sha256: body.padStart(64, '0'), sizeBytes: 10 },
    local: null,
  },
})

/** With what makes it a record; which node wrote it, the spec says. */
export const recordOf = ({ fields }: Written, session: SessionId, node: `nod_${string}`): AuditRecord => ({
  v: 'writ.decision.v1',
  kind: 'closed',
  tenant: `ten_${'0'.repeat(26)}`,
  stream: `${node}:boo_${'0'.repeat(26)}:ten_${'0'.repeat(26)}`,
  seq: 0,
  prev: '0'.repeat(64),
  channel: 'hooks',
  human: null,
  agent: { id: `agt_${'0'.repeat(26)}`, name: 'coder' },
  delegators: [],
  session,
  keyThumbprint: null,
  connection: null,
  action: null,
  outcome: 'allow',
  refusal: null,
  outbound: null,
  inbound: null,
  bundle: null,
  credential: null,
  request: null,
  response: null,
  administration: null,
  local: null,
  finding: null,
  durationMicros: 10,
  gateway: { node, build: 'test' },
  ...fields,
})
