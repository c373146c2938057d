import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { UpstreamSettings } from '@writ/contracts'
import { isLiteralOutOfReach, isPortOfAnotherProtocol, lookupWithin, outOfReach } from '@writ/runtime'
import type { Reach, Resolve } from '@writ/runtime'
import { buildConnector } from 'undici'

export type ConnectorSettings = {
  readonly origin: string
  readonly reach: Reach
  readonly resolve: Resolve
  readonly connectTimeoutMs: number
  readonly tls: UpstreamSettings['tls']
  /** null: the upstream does not know us by TLS */
  readonly certificate: ClientCertificate | null
}

/** Both in PEM. */
export type ClientCertificate = { readonly certificates: string; readonly key: string }

/**
 * Opens sockets to one upstream, to addresses that were judged at that very moment, and to whoever proves to be it. Nothing switches the
 * proof off, whatever the environment of the process says.
 */
export function createConnector(settings: ConnectorSettings): buildConnector.connector {
  const { origin, reach, connectTimeoutMs, tls, certificate } = settings
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    lookup: lookupWithin(reach, settings.resolve),
    allowH2: false,
    rejectUnauthorized: true,
    ...(tls.serverName !== null && { servername: tls.serverName }),
    ...(origin.startsWith('https:') && { secureContext: secureContextOf(tls, certificate) }),
  })
  return (target, done) => {
    if (isLiteralOutOfReach(target.hostname, reach) || isPortOfAnotherProtocol(Number(target.port)))
      process.nextTick(done, outOfReach(), null)
    else connect(target, done)
  }
}

/** Authorities of a connection stand in the place of the public ones, so that no public one can vouch for a private upstream. */
const secureContextOf = (
  { authorities, minVersion }: UpstreamSettings['tls'],
  certificate: ClientCertificate | null,
): SecureContext =>
  createSecureContext({
    minVersion,
    ...(authorities !== null && { ca: authorities }),
    ...(certificate !== null && { cert: certificate.certificates, key: certificate.key }),
  })
