import { legibleName } from '@writ/contracts'
import type { AuditRecord, Json, TenantId } from '@writ/contracts'

export type ProvDocument = { readonly '@context': Json; readonly '@graph': Json }
type Thing = { [member: string]: Json }
type Named = Thing & { readonly '@id': string }

/**
 * W3C PROV-O as JSON-LD: a call is an Activity, agents act on behalf of who is behind them, digests of arguments and answers are Entities,
 * the policy that decided is the Plan. The context is part of the document, so that nobody has to fetch one.
 */
export function provOf(tenant: TenantId, records: readonly AuditRecord[], isCut: boolean): ProvDocument {
  const things = new Map<string, Named>()
  for (const record of records)
    for (const thing of thingsIn(record, urn(tenant)))
      things.set(thing['@id'], { ...things.get(thing['@id']), ...thing })
  return { '@context': CONTEXT, '@graph': [...things.values(), ...(isCut ? [CUT] : [])] }
}

/** The newest records only: there are more. */
const CUT: Thing = { '@type': 'prov:Bundle', 'writ:isCut': true }

const reference = (name: string): Thing => ({ '@id': name, '@type': '@id' })
const CONTEXT: Thing = {
  prov: 'http://www.w3.org/ns/prov#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  writ: 'urn:writ:terms#',
  label: 'http://www.w3.org/2000/01/rdf-schema#label',
  actedOnBehalfOf: reference('prov:actedOnBehalfOf'),
  wasAssociatedWith: reference('prov:wasAssociatedWith'),
  wasInformedBy: reference('prov:wasInformedBy'),
  wasGeneratedBy: reference('prov:wasGeneratedBy'),
  used: reference('prov:used'),
  agent: reference('prov:agent'),
  hadPlan: reference('prov:hadPlan'),
  qualifiedAssociation: 'prov:qualifiedAssociation',
  startedAtTime: { '@id': 'prov:startedAtTime', '@type': 'xsd:dateTime' },
  endedAtTime: { '@id': 'prov:endedAtTime', '@type': 'xsd:dateTime' },
}

type Urn = (kind: string, ...parts: readonly (string | number)[]) => string
const urn =
  (tenant: TenantId): Urn =>
  (kind, ...parts) =>
    ['urn:writ', tenant, kind, ...parts.map((part) => encodeURIComponent(wellFormed(String(part))))].join(':')

/** A tool may be named by half of a surrogate pair, and a URN may not. */
const wellFormed = (text: string): string => Buffer.from(text).toString('utf8')

const thingsIn = (record: AuditRecord, id: Urn): Named[] => [
  ...agentsIn(record, id),
  ...(record.kind === 'opened' || record.kind === 'closed' ? callIn(record, id) : []),
]

/** Who acts for whom: this agent, those that delegated to it, the human. */
function agentsIn({ agent, delegators, human }: AuditRecord, id: Urn): Named[] {
  const agents = [...(agent ? [agent] : []), ...delegators]
  const behind = (at: number): string | null => {
    const next = agents[at + 1]
    return next ? id('agent', next.id) : human ? id('human', human.id) : null
  }
  return [
    ...agents.map((one, at): Named => ({
      '@id': id('agent', one.id),
      '@type': 'prov:SoftwareAgent',
      label: one.name,
      ...(behind(at) !== null && { actedOnBehalfOf: behind(at) }),
    })),
    ...(human
      ? [{ '@id': id('human', human.id), '@type': 'prov:Person', label: legibleName(human.name) ?? human.id }]
      : []),
  ]
}

function callIn(record: AuditRecord, id: Urn): Named[] {
  const { decisionId, bundle, parent, kind } = record
  const call = id('call', decisionId)
  const plan = bundle && id('bundle', bundle.version)
  const used = usedBy(record, id)
  return [
    {
      '@id': call,
      '@type': 'prov:Activity',
      ...whatOf(record),
      ...associationOf(record, id, plan),
      ...(used.length > 0 && { used: used.map((one) => one['@id']) }),
      ...(parent !== undefined && { wasInformedBy: id('call', parent) }),
      ...(kind === 'opened' ? { startedAtTime: record.at } : { endedAtTime: record.at }),
    },
    ...used,
    ...(plan ? [{ '@id': plan, '@type': ['prov:Entity', 'prov:Plan'], 'writ:sha256': bundle.sha256 }] : []),
    ...answerOf(record, id, call),
  ]
}

const usedBy = ({ request, connection }: AuditRecord, id: Urn): Named[] => [
  ...(request ? [contentOf(request.sha256, id)] : []),
  ...(connection
    ? [{ '@id': id('connection', connection.id), '@type': 'prov:Entity', label: connection.name }]
    : []),
]

const answerOf = ({ response }: AuditRecord, id: Urn, call: string): Named[] =>
  response ? [{ ...contentOf(response.sha256, id), wasGeneratedBy: call }] : []

const contentOf = (sha256: string, id: Urn): Named => ({
  '@id': id('content', sha256),
  '@type': 'prov:Entity',
  'writ:sha256': sha256,
})

const whatOf = ({ action, session, outcome, kind }: AuditRecord): Thing => ({
  ...(action && {
    'writ:method': action.method,
    'writ:tool': action.tool,
    'writ:class': action.class,
    'writ:resource': action.resource,
  }),
  ...(session !== null && { 'writ:session': session }),
  ...(kind === 'closed' && { 'writ:outcome': outcome }),
})

function associationOf({ agent }: AuditRecord, id: Urn, plan: string | null): Thing {
  if (!agent) return {}
  const who = id('agent', agent.id)
  return {
    wasAssociatedWith: who,
    ...(plan !== null && {
      qualifiedAssociation: { '@type': 'prov:Association', agent: who, hadPlan: plan },
    }),
  }
}
