import { isIP } from 'node:net'
import type { Environment } from '@writ/runtime'
import { z } from 'zod'

const NOT_AN_ORIGIN = 'must be an origin: scheme and host, without a path or a slash at the end'

/** The environment of the control plane. Every default is safe; what is missing or malformed stops the start. */
export const ConfigSchema = z.object({
  /** Postgres as the role `writ_app`: not the owner of the tables, and under row-level security */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** absent: single-node mode, in which gateways get bundles over HTTP only and records queue in Postgres */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
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
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}
