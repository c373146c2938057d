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

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}
