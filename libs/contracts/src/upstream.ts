import { z } from 'zod'

const Milliseconds = (most: number) => z.int().min(100).max(most).nullable().default(null)

/** One to ten certificates in PEM and nothing else: no key stands beside them by mistake. */
export const Certificates = z
  .string()
  .max(32_768)
  .regex(
    /^(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*){1,10}$/,
    'certificates in PEM, and nothing else',
  )

const HostName = z
  .string()
  .max(253)
  .regex(
    /^(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'a host name in lower case',
  )

/** How the gateways speak to one upstream. A connection without it is spoken to as they are configured. */
export const UpstreamSettings = z.strictObject({
  /** for each null counts what the gateway is configured for, and never more than that */
  timeouts: z
    .strictObject({
      connectMs: Milliseconds(60_000),
      /** from the request to the head of its answer: how long a tool may think */
      firstByteMs: Milliseconds(3_600_000),
      /** of an answer that is no event stream, from its head to its end */
      bodyMs: Milliseconds(600_000),
    })
    .prefault({}),
  tls: z
    .strictObject({
      /** who must have signed the certificate of the upstream; then the public authorities do not count for it */
      authorities: Certificates.nullable().default(null),
      /** the name that its certificate must have, where that is not the host of the URL */
      serverName: HostName.nullable().default(null),
      minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
    })
    .prefault({}),
  /** `principal`: no two principals ever share a socket, for upstreams that remember who speaks by the socket */
  sockets: z.enum(['connection', 'principal']).default('connection'),
})
export type UpstreamSettings = z.infer<typeof UpstreamSettings>
/** Of a connection where nobody has set anything. */
export const UPSTREAM_BY_DEFAULT: UpstreamSettings = UpstreamSettings.parse({})

/** A network in CIDR notation. */
export const Network = z.union([z.cidrv4(), z.cidrv6()])
export type Network = z.infer<typeof Network>

/**
 * How gateways fare with an upstream. `needs_credential`: it did not take the credential that it was shown, or wants one.
 * `failing`: it cannot be reached, and calls are refused at once for a while. `out_of_reach`: its address may not be gone to.
 */
export const UpstreamState = z.enum(['working', 'failing', 'needs_credential', 'out_of_reach'])
export type UpstreamState = z.infer<typeof UpstreamState>
