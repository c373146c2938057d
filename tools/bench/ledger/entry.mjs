// An entry as the steps of a governed call leave it before each of its records, for benchmarks and drills of the ledger alone.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { rawX25519, sealingKey, sealTo } from '@writ/audit'
import { formatId } from '@writ/contracts'

export const id = (prefix) => formatId(prefix, Date.now(), randomBytes(10))

const decision = {
  outcome: 'allow',
  matches: [
    {
      policy: id('pol'),
      policyName: 'lookups',
      policyVersion: 3,
      rule: 'allow-lookups',
      effect: 'allow',
      mode: 'enforce',
      reason: 'lookups are allowed',
      errored: false,
      overriddenBy: null,
    },
  ],
  signals: ['pii.email'],
  modified: false,
  content: {},
  byDefault: false,
  labels: ['private'],
  ask: null,
}
const inbound = { ...decision, matches: [], labels: [] }
const action = {
  method: 'tools/call',
  tool: 'lookup_order',
  class: 'read.private',
  classSource: 'inferred',
  resource: 'tools/lookup_order',
}
const body = Buffer.alloc(1024, 'x')
const bodySha256 = 'c'.repeat(64)

/** As a bundle has it: a key, and the name sealed to it once. */
export function subjectOf(name) {
  const subject = {
    id: id('sub'),
    publicKey: rawX25519(generateKeyPairSync('x25519').publicKey),
  }
  const key = sealingKey(subject, generateKeyPairSync('x25519').privateKey)
  return { ...subject, name: sealTo(key, name, { salt: randomBytes(32), nonce: randomBytes(12) }) }
}

/** @returns what makes the entries of one tenant: `opened()` as it is before the effect, and `ended(entry)` as it is after it */
export function entriesOf({ clock, tenant = id('ten'), durability }) {
  const connection = id('con')
  const human = { id: id('hum'), name: 'Ada', groups: [] }
  const current = {
    bundle: { tenant: { id: tenant, slug: 'bench', ...(durability ? { durability } : {}) }, version: 7 },
    sha256: 'a'.repeat(64),
    humans: new Map([[human.id, { ...human, subject: subjectOf(human.name) }]]),
    isInStep: () => true,
  }
  const caller = {
    agent: { id: id('agt'), name: 'assistant', groups: [] },
    human,
    delegators: [],
    session: id('ses'),
    keyThumbprint: randomBytes(32).toString('base64url'),
  }
  let calls = 0
  return {
    opened: () => ({
      channel: 'gateway',
      received: { decisionId: `dec_${String((calls += 1)).padStart(26, '0')}`, body },
      startedAtMicros: clock.monotonicMicros(),
      current,
      caller,
      connection: { id: connection, name: 'tools', trust: 'external', tools: [] },
      action,
      outbound: decision,
      bodySha256,
      opened: false,
      closed: false,
    }),
    ended: (entry) =>
      Object.assign(entry, {
        lease: { kind: 'header', secret: { connection, version: 2 } },
        inbound,
        response: { status: 200, sha256: 'b'.repeat(64), sizeBytes: 1024 },
      }),
  }
}
