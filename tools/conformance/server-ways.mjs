// What the suite's server scenarios are run with.

/** The frozen sets, each at the protocol version that it is named by. */
export const SETS = ['2025-11-25', '2026-07-28']

/** Through the signing proxy of an agent, and then: */
export const WAYS = {
  gateway: 'one gateway, a tenant as it is made',
  redacting: 'one gateway, personal data rewritten in both directions',
  nonces: 'one gateway, server nonces enforced',
  fleet: 'three gateways in turn, request by request',
  'fleet-nonces': 'three gateways in turn, server nonces enforced',
}
