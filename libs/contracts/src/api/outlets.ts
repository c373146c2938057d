import { z } from 'zod'
import { OutletId } from '../id.ts'
import { Certificates } from '../upstream.ts'
import { PlainHttpUrl } from '../url.ts'

/** Who must have signed the certificate of the receiver; then the public authorities do not count for it. */
const authorities = Certificates.nullable().default(null)

/**
 * Where records go. `webhook`: CloudEvents 1.0, signed. `otlp`: OpenTelemetry logs over HTTP, in JSON; the URL ends in `/v1/logs`.
 * `syslog`: CEF over RFC 5424, on TLS.
 */
export const OutletTarget = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'),
    url: PlainHttpUrl,
    /** what the events carry: the record, or an OCSF event made of it */
    format: z.enum(['record', 'ocsf']).default('record'),
    /** many events in one request, in place of one */
    batch: z.boolean().default(false),
    authorities,
  }),
  z.strictObject({ kind: z.literal('otlp'), url: PlainHttpUrl, authorities }),
  z.strictObject({
    kind: z.literal('syslog'),
    host: z.union([
      z
        .string()
        .max(253)
        .regex(/^(?!-)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/, 'a host name or an address'),
      z.ipv6(),
    ]),
    port: z.int().min(1).max(65_535).default(6514),
    authorities,
  }),
])
export type OutletTarget = z.infer<typeof OutletTarget>

/** The value of the `Authorization` field that goes with every request to the receiver. */
const Authorization = z
  .string()
  .min(8)
  .max(4096)
  .regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/, 'visible ASCII')

const OutletName = z.string().min(1).max(64)

export const NewOutlet = z.strictObject({
  name: OutletName,
  target: OutletTarget,
  authorization: Authorization.optional(),
  /** `start`: everything that the ledger has; `now`: what comes from here on */
  from: z.enum(['now', 'start']).default('now'),
  /** whether personal values leave opened; otherwise ids and sealed forms do */
  discloses: z.boolean().default(false),
})
export type NewOutlet = z.infer<typeof NewOutlet>

/** Another target of the same kind; `authorization` does not go along to it, and must be given anew. */
export const OutletChange = z.strictObject({
  name: OutletName.optional(),
  target: OutletTarget.optional(),
  /** null: none any more */
  authorization: Authorization.nullable().optional(),
  discloses: z.boolean().optional(),
})
export type OutletChange = z.infer<typeof OutletChange>

/**
 * Why something was not delivered. `unreachable`, `timeout`, `tls`: no answer. `out_of_reach`: an address that is not gone to.
 * `refused`: the receiver does not take it (4xx). `unavailable`: it cannot now (5xx, 429). `redirected`: it is elsewhere, and nobody follows.
 * `partial`: a collector took some. `unconfirmed`: the connection did not end in order. `failed`: our own fault.
 */
export const OutletFailureCode = z.enum([
  'unreachable',
  'timeout',
  'tls',
  'out_of_reach',
  'refused',
  'unavailable',
  'redirected',
  'partial',
  'unconfirmed',
  'failed',
])
export type OutletFailureCode = z.infer<typeof OutletFailureCode>

export const OutletFailure = z.strictObject({ code: OutletFailureCode, detail: z.string() })
export type OutletFailure = z.infer<typeof OutletFailure>

export const OutletStatus = z.strictObject({
  /** `failing`: the last try failed; the place is kept and it is tried again */
  state: z.enum(['delivering', 'failing', 'paused']),
  /** leaf index of the next record that goes out: everything before it was delivered, or is a dead letter */
  nextLeaf: z.int().nonnegative(),
  /** records that wait */
  lag: z.int().nonnegative(),
  delivered: z.int().nonnegative(),
  deliveredAt: z.iso.datetime().nullable(),
  /** failures in a row, and the last of them */
  failures: z.int().nonnegative(),
  failure: OutletFailure.nullable(),
  retryAt: z.iso.datetime().nullable(),
  deadLetters: z.int().nonnegative(),
  test: z
    .strictObject({
      id: z.string(),
      askedAt: z.iso.datetime(),
      outcome: z.enum(['waiting', 'delivered', 'failed']),
      failure: OutletFailure.nullable(),
    })
    .nullable(),
})
export type OutletStatus = z.infer<typeof OutletStatus>

/** Never a secret: whether there is one, and which version. */
export const OutletView = z.strictObject({
  id: OutletId,
  name: z.string(),
  target: OutletTarget,
  /** the mapping that makes what goes out */
  mapping: z.strictObject({ name: z.string(), version: z.int().positive() }),
  discloses: z.boolean(),
  hasAuthorization: z.boolean(),
  /** of the signing secret; null: this kind is not signed */
  secretVersion: z.int().positive().nullable(),
  status: OutletStatus,
  createdAt: z.iso.datetime(),
})
export type OutletView = z.infer<typeof OutletView>

/** With the signing secret, shown this once. null: this kind is not signed. */
export const CreatedOutlet = z.strictObject({ ...OutletView.shape, secret: z.string().nullable() })
export type CreatedOutlet = z.infer<typeof CreatedOutlet>

/** `refused`: the receiver took others, not this one. `unreadable`: the stored record can no longer be read. `expired`: retention removed it first. */
export const OutletDeadLetter = z.strictObject({
  leafIndex: z.int().nonnegative(),
  /** leaf index behind the last that it is about */
  toLeaf: z.int().positive(),
  reason: z.enum(['refused', 'unreadable', 'expired']),
  detail: z.string(),
  tries: z.int().nonnegative(),
  at: z.iso.datetime(),
  /** it is about to be tried again */
  again: z.boolean(),
})
export type OutletDeadLetter = z.infer<typeof OutletDeadLetter>

/** Which dead letters are tried again; absent: all that may be. */
export const OutletRedrive = z.strictObject({ leaves: z.array(z.int().nonnegative()).max(500).optional() })
export type OutletRedrive = z.infer<typeof OutletRedrive>
