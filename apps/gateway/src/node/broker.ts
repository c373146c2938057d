import { join } from 'node:path'
import type { LeaseRequest } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { createCredentialBroker, openLease } from '@writ/credentials'
import type { CredentialBroker } from '@writ/enforcement'
import { ControlPlaneAway } from '@writ/point'
import type { ControlPlaneClient, NodeKeys } from '@writ/point'
import { openLeaseStore } from './lease-store.ts'

export type BrokerMeans = {
  readonly client: ControlPlaneClient
  readonly keys: Pick<NodeKeys, 'leaseKey'>
  readonly stateDir: string
  readonly nowMs: () => number
}

/** Lends credentials that the control plane sealed to this node. */
export async function openBroker({ client, keys, stateDir, nowMs }: BrokerMeans): Promise<CredentialBroker> {
  return createCredentialBroker({
    requestLease: (request) => requestLease(client, request),
    openLease: (sealed) => openLease(sealed, keys.leaseKey),
    nowMs,
    store: await openLeaseStore(join(stateDir, 'leases'), nowMs()),
  })
}

/** The control plane's own "no" ends a lease in hand; silence does not. */
async function requestLease(client: ControlPlaneClient, request: LeaseRequest): Promise<string | Refusal> {
  try {
    return await client.lease(request)
  } catch (error) {
    if (error instanceof ControlPlaneAway && error.status === 404)
      return new Refusal(
        'connection_forbidden',
        'the credential of this connection is not lent to this session',
      )
    throw error
  }
}
