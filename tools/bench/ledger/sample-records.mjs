// Records of one tenant as a month of work leaves them: humans with agents, sessions of calls, delegation, refusals. The same for the same seed.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { batchesOf, extendStream, rawPublicKey, sealRecord, signBatch, startOfStream } from '@writ/audit'
import { formatId, streamIdOf } from '@writ/contracts'
import { subjectOf } from './entry.mjs'
import { numbersFrom, pick } from '../../drill/soak/dice.mjs'

const HUMANS = 100
const AGENTS = 200
const TOOLS = 40
const CALLS_OF_A_SESSION = 50
const DENIED = 0.05
const DELEGATED = 0.2
const MONTH_MS = 30 * 24 * 3600 * 1000
const CLASSES = ['read.private', 'read.public', 'write.shared', 'sink.external', 'destructive']

/** @returns one stream that goes on and on, in signed batches; `records`: how many there will be in all, in a month */
export function createRecorder({ tenant, seed, records }) {
  const random = numbersFrom(seed)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const node = idAt('nod', Date.now())
  const calls = callsOf(random, { tenant, node, records })
  const stream = streamIdOf(node, idAt('boo', Date.now()), tenant)
  let position = startOfStream(stream)
  let bytesTotal = 0
  let made = 0
  const next = () => {
    const sealed = sealRecord(calls.next().value, position)
    const frame = { stream, seq: position.seq, bytes: sealed.bytes }
    position = extendStream(position, sealed.sha256)
    bytesTotal += Buffer.byteLength(sealed.bytes)
    made += 1
    return frame
  }
  return {
    node,
    publicKey: rawPublicKey(publicKey),
    meanBytes: () => bytesTotal / made,
    batches: (count) =>
      batchesOf(Array.from({ length: count }, next)).map((batch) => signBatch(batch, privateKey)),
  }
}

const idAt = (prefix, ms) => formatId(prefix, ms, randomBytes(10))

/** Two records of every call that is allowed, one of every other. */
function* callsOf(random, { tenant, node, records }) {
  const startMs = Date.now() - MONTH_MS
  const humans = Array.from({ length: HUMANS }, humanOf)
  const agents = Array.from({ length: AGENTS }, (_, at) => ({
    agent: { id: idAt('agt', startMs), name: `agent-${at}` },
    human: humans[at % HUMANS],
    connection: { id: idAt('con', startMs), name: `connection-${at % 8}` },
  }))
  const tools = Array.from({ length: TOOLS }, (_, at) => `tool_${at}`)
  const bundle = { version: 7, sha256: randomBytes(32).toString('hex') }
  let session = null
  for (let at = 0, call = 0; ; call += 1) {
    const ms = Math.round(startMs + (MONTH_MS * Math.min(at, records)) / records)
    if (call % CALLS_OF_A_SESSION === 0) session = sessionOf(random, { agents, ms, before: session })
    const isDenied = random() < DENIED
    const fields = fieldsOf({
      tenant,
      node,
      session,
      ms,
      tool: pick(random, tools),
      random,
      bundle,
      isDenied,
    })
    if (!isDenied) yield { ...fields, ...OPEN }
    yield { ...fields, at: new Date(ms + 40).toISOString() }
    at += isDenied ? 1 : 2
  }
}

/** As a gateway has it: the name is sealed once and stands so in every record. */
const humanOf = () => ({ id: idAt('hum', Date.now()), name: subjectOf('Ada Lovelace').name })

function sessionOf(random, { agents, ms, before }) {
  const who = pick(random, agents)
  const isDelegated = before !== null && random() < DELEGATED
  return {
    ...who,
    id: idAt('ses', ms),
    keyThumbprint: randomBytes(32).toString('base64url'),
    delegators: isDelegated ? [before.agent] : [],
    ancestors: isDelegated ? [before.id] : [],
  }
}

const OPEN = { kind: 'opened', inbound: null, response: null, credential: null, outcome: 'allow' }
const REASON = { errored: false, overriddenBy: null, mode: 'enforce', policyVersion: 3 }

function fieldsOf({ tenant, node, session, ms, tool, random, bundle, isDenied }) {
  const effect = isDenied ? 'deny' : 'allow'
  const match = {
    ...REASON,
    policy: POLICY,
    policyName: 'lookups',
    rule: `${effect}-lookups`,
    effect,
    reason: 'as the rule says',
  }
  return {
    kind: 'closed',
    decisionId: idAt('dec', ms),
    tenant,
    at: new Date(ms).toISOString(),
    channel: 'gateway',
    human: session.human,
    agent: session.agent,
    delegators: session.delegators,
    session: session.id,
    ...(session.ancestors.length > 0 ? { ancestors: session.ancestors } : {}),
    keyThumbprint: session.keyThumbprint,
    connection: session.connection,
    action: {
      method: 'tools/call',
      tool,
      class: pick(random, CLASSES),
      classSource: 'inferred',
      resource: `orders/${Math.floor(random() * 5000)}`,
    },
    outcome: effect,
    refusal: isDenied ? 'policy_denied' : null,
    outbound: { outcome: effect, matches: [match], signals: [], modified: false },
    inbound: isDenied ? null : { outcome: 'allow', matches: [], signals: [], modified: false },
    bundle,
    credential: isDenied ? null : { connection: session.connection.id, version: 2 },
    request: { sha256: randomBytes(32).toString('hex'), sizeBytes: 900 },
    response: isDenied ? null : { sha256: randomBytes(32).toString('hex'), sizeBytes: 1000, status: 200 },
    durationMicros: 900,
    gateway: { node, build: '0.1.0' },
  }
}

const POLICY = idAt('pol', Date.now())
