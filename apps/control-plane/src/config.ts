import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { clickHouseAt } from '@writ/clickhouse'
import { urlOf } from '@writ/contracts'
import type { Environment } from '@writ/runtime'
import { z } from 'zod'
import { archivePlaceOf, entriesOf, isLogOrigin, witnessPlaceOf } from './transparency/places.ts'

const NOT_AN_ORIGIN = 'must be an origin: scheme and host, without a path or a slash at the end'

/** The environment of the control plane. Every default is safe; what is missing or malformed stops the start. */
export const ConfigSchema = z.object({
  /** Postgres as the role `writ_app`: not the owner of the tables, and under row-level security */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** absent: single-node mode, in which gateways get bundles over HTTP only and records queue in Postgres */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  /** the index of records in a ClickHouse, over its HTTP interface; absent: the desk asks Postgres */
  WRIT_CLICKHOUSE_URL: z
    .string()
    .transform(clickHouseAt)
    .refine((settings) => settings !== null, {
      error: 'must be http(s)://user:password@host:port/database, without anything behind it',
    })
    .optional(),
  /** seals the tenants' data keys and the platform's signing keys: 32 bytes, base64url */
  WRIT_MASTER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes, base64url without padding (43 characters)'),
  /** what a gateway proves to know when it joins */
  WRIT_JOIN_SECRET: z.string().min(32, 'must have at least 32 characters'),
  /** creates tenants */
  WRIT_OPERATOR_KEY: z.string().min(32, 'must have at least 32 characters'),
  /** also takes identity providers by http on this very machine: for trying things out */
  WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP: z.enum(['no', 'yes']).default('no'),
  /** also takes identity providers at private addresses: for those of your own, where no tenant is a stranger */
  WRIT_ALLOW_IDENTITY_PROVIDERS_ON_PRIVATE_NETWORKS: z.enum(['no', 'yes']).default('no'),
  /** also takes upstreams at loopback addresses, as the gateways must be told, too: for development */
  WRIT_ALLOW_UPSTREAMS_OF_EVERY_TENANT_ON_LOOPBACK: z.enum(['no', 'yes']).default('no'),
  /** who is asked for the TXT records that prove domains: addresses, separated by commas; absent: the resolvers of this machine */
  WRIT_DOMAIN_PROOF_RESOLVERS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((address) => address.trim())
        .filter((address) => address !== ''),
    )
    .refine((list) => list.every(isResolver), { error: 'must be addresses, each with a port or without' }),
  /** proxies in front of this control plane: only of these is believed whom a request came from (`X-Forwarded-For`) */
  WRIT_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((range) => range.trim())
        .filter((range) => range !== ''),
    )
    .refine((list) => list.every(isRange), { error: 'must be addresses or ranges (CIDR), by comma' }),
  /** what the names of the tenants' logs begin with, for ever: a host of yours, without a scheme */
  WRIT_AUDIT_ORIGIN: z
    .string()
    .refine(isLogOrigin, { error: 'must be a name of ASCII without a scheme, spaces and plus signs' })
    .default('audit.writ.local'),
  /** seconds between two checkpoints of a log that grows */
  WRIT_AUDIT_SEAL_SECONDS: z.coerce.number().int().min(1).max(3600).default(5),
  /** where write-once copies of tiles and checkpoints go, separated by commas: see docs/transparency.md */
  WRIT_AUDIT_ARCHIVE: z
    .string()
    .default('')
    .transform((list) => entriesOf(list).map(archivePlaceOf))
    .refine((places) => places.every((place) => place !== null), {
      error: 'must be file:///folder or s3://bucket/prefix?endpoint=…&region=…, by comma',
    })
    .transform((places) => places.flatMap((place) => place ?? [])),
  WRIT_AUDIT_ARCHIVE_KEY_ID: z.string().default(''),
  WRIT_AUDIT_ARCHIVE_SECRET: z.string().default(''),
  /** who cosigns checkpoints, separated by commas: `<key line> <url>` */
  WRIT_AUDIT_WITNESSES: z
    .string()
    .default('')
    .transform((list) => entriesOf(list).map(witnessPlaceOf))
    .refine((places) => places.every((place) => place !== null), {
      error: 'must be key lines of witnesses, each with its URL behind a space, by comma',
    })
    .transform((places) => places.flatMap((place) => place ?? [])),
  /** also takes receivers of outlets on this very machine, by http too: for development */
  WRIT_ALLOW_OUTLETS_OF_EVERY_TENANT_ON_LOOPBACK: z.enum(['no', 'yes']).default('no'),
  /** also takes receivers of outlets at private addresses: for those of your own, where no tenant is a stranger */
  WRIT_ALLOW_OUTLETS_OF_EVERY_TENANT_ON_PRIVATE_NETWORKS: z.enum(['no', 'yes']).default('no'),
  /** writes the records of every tenant to standard output: as they are, or as OCSF */
  WRIT_OUTLET_STDOUT: z.enum(['off', 'record', 'ocsf']).default('off'),
  /** writes the records of every tenant to files in this folder; absent: to none */
  WRIT_OUTLET_FILE_DIRECTORY: z.string().refine(isAbsolute, { error: 'must be an absolute path' }).optional(),
  WRIT_OUTLET_FILE_FORMAT: z.enum(['record', 'ocsf']).default('record'),
  /** a file of that size is put aside */
  WRIT_OUTLET_FILE_BYTES: z.coerce
    .number()
    .int()
    .min(4096)
    .default(64 * 1024 * 1024),
  /** files put aside that are kept, of each tenant */
  WRIT_OUTLET_FILES_KEPT: z.coerce.number().int().min(1).max(10_000).default(10),
  /** a node with records that have not come, and of which nobody has heard for so long, has lost them, as far as anybody knows */
  WRIT_STREAM_LOST_AFTER_SECONDS: z.coerce.number().int().min(1).max(86_400).default(60),
  /** a call of which nobody has said for so long how it ended, and whose gateway is not heard of, ended in a way that nobody knows */
  WRIT_UNKNOWN_AFTER_SECONDS: z.coerce.number().int().min(1).max(86_400).default(240),
  /** health and metrics, for operators; absent: no such port */
  WRIT_CONTROL_PLANE_ADMIN_HOST: z.string().default('127.0.0.1'),
  WRIT_CONTROL_PLANE_ADMIN_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  WRIT_CONTROL_PLANE_HOST: z.string().default('127.0.0.1'),
  WRIT_CONTROL_PLANE_PORT: z.coerce.number().int().min(0).max(65_535).default(7400),
  /** what agents and gateways call this control plane; part of every issuer */
  WRIT_PUBLIC_ORIGIN: z.string().refine(isOrigin, { error: NOT_AN_ORIGIN }).default('http://127.0.0.1:7400'),
  /** public origins of the gateways, separated by commas */
  WRIT_GATEWAY_ORIGINS: z
    .string()
    .default('http://127.0.0.1:7410')
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .refine((origins) => origins.every(isOrigin), { error: NOT_AN_ORIGIN }),
})
export type Config = z.output<typeof ConfigSchema>

/** What `migrate` needs: the owner of the schema, and the passwords that the two other roles get. */
export const MigrationConfigSchema = z.object({
  WRIT_OWNER_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  WRIT_APP_PASSWORD: z.string().min(16, 'must have at least 16 characters'),
  WRIT_WORKER_PASSWORD: z.string().min(16, 'must have at least 16 characters'),
})

/** What `rebuild-index` needs: the ledger, and where its index is. */
export const RebuildConfigSchema = z.object({
  DATABASE_URL: ConfigSchema.shape.DATABASE_URL,
  WRIT_CLICKHOUSE_URL: ConfigSchema.shape.WRIT_CLICKHOUSE_URL.unwrap(),
})

/** The only place of this app that looks at the environment. */
export const environment = (): Environment => process.env

function isResolver(text: string): boolean {
  const [, address = text] = /^(?:\[(.+)\]|([\d.]+))(?::\d{1,5})?$/.exec(text)?.filter((part) => part) ?? []
  return isIP(address) !== 0
}

function isRange(text: string): boolean {
  const [address = '', bits] = text.split('/')
  const most = isIP(address) === 6 ? 128 : 32
  return isIP(address) !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
}

function isOrigin(text: string): boolean {
  const url = urlOf(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text
}
