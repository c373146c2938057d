import type { AttackKit, NegativeCase, Wire } from './attack-kit.ts'
import { forge } from './attack-kit.ts'
import { secondsFromNow } from './claim-cases.suite.ts'
import { expectedOf, having, refusedAs, without } from './rows.ts'

/** Freshness: nonces and replay. A proof out of its time window is answered with a nonce, which may stand in for a clock. */
export const momentCases = (): readonly NegativeCase[] => [
  ...refusedAs('nonce_required', [
    [
      'N76',
      'iat in milliseconds',
      { claims: (claims, kit) => ({ ...without('nonce')(claims), iat: kit.nowMs }) },
    ],
    ['N77', 'iat 1 h past', withoutNonce(-3_600)],
    ['N78', 'iat 1 h ahead', withoutNonce(3_600)],
    ['N79', 'iat 120 s ahead', withoutNonce(120)],
    ['W35', 'iat 75 s past', withoutNonce(-75)],
    ['W36', 'iat 20 s ahead', withoutNonce(20)],
    ['N86', 'nonce that was not given out here', { claims: having({ nonce: 'Zm9yZWlnbi1ub25jZS0wMDA' }) }],
  ]),
  ...refusedAs(
    'nonce_required',
    [['N85', 'nonce required, claim absent', { claims: without('nonce') }]],
    'required nonce',
  ),
  {
    id: 'N82',
    title: 'the same proof twice',
    expected: expectedOf('proof_replayed'),
    mutate: (kit) => replay(kit, (proof) => proof),
  },
  {
    id: 'N83',
    title: 'the same proof with the other ECDSA signature (r, n - s)',
    expected: expectedOf('proof_replayed'),
    mutate: (kit) => replay(kit, withOtherSignature),
  },
  ...refusedAs(
    'replay_unavailable',
    [['W37', 'the memory of used proofs is away', {}]],
    'lost replay memory',
  ),
]

function withoutNonce(seconds: number) {
  return {
    claims: (claims: object, kit: AttackKit) =>
      secondsFromNow('iat', seconds)(without('nonce')({ ...claims }), kit),
  }
}

/** A valid request first, then one with its proof again. */
function replay(kit: AttackKit, change: (proof: string) => string) {
  const prelude = forge(kit, kit.newJti())
  const headers = prelude.headers.map(([name, value]): Wire['headers'][number] =>
    name === 'DPoP' ? [name, change(value)] : [name, value],
  )
  return { ...prelude, headers, prelude, repaired: forge(kit, kit.newJti()) }
}

/** Order of the P-256 group. */
const GROUP_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** With (r, s) also (r, n - s) verifies: another text with the same claims. */
function withOtherSignature(proof: string): string {
  const at = proof.lastIndexOf('.') + 1
  const signature = Buffer.from(proof.slice(at), 'base64url')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const otherS = Buffer.from((GROUP_ORDER - s).toString(16).padStart(64, '0'), 'hex')
  return proof.slice(0, at) + Buffer.concat([signature.subarray(0, 32), otherS]).toString('base64url')
}
