import { join } from 'node:path'
import { urlOf } from '@writ/contracts'
import type { Environment } from '@writ/runtime'
import { loadConfig } from '@writ/runtime'
import { z } from 'zod'

const KIB = 1024
const MIB = 1024 * KIB

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)
const whole = (fallback: number, least = 1) => z.coerce.number().int().min(least).default(fallback)

/** `http(s)://host[:port]` and nothing after it: what agents sign is this string plus a path. */
const origin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => urlOf(text)?.origin === text.replace(/\/$/, ''), {
    error: 'is an origin: scheme, host and port, no path',
  })
  .transform((text) => new URL(text).origin)

/** Every variable that the gateway reads. Each default is safe. */
export const ConfigSchema = z.object({
  WRIT_GATEWAY_NAME: z.string().min(1).max(100).default('gateway'),
  WRIT_GATEWAY_HOST: z.string().default('127.0.0.1'),
  WRIT_GATEWAY_PORT: port(7410),
  /** `/healthz`, `/readyz`, `/metrics`; 0 takes any free port */
  WRIT_GATEWAY_ADMIN_HOST: z.string().default('127.0.0.1'),
  WRIT_GATEWAY_ADMIN_PORT: port(0),
  /** the origin that agents know this gateway by */
  WRIT_PUBLIC_ORIGIN: origin,
  WRIT_CONTROL_PLANE_URL: origin,
  /** where agents get their tokens; the control plane's origin when absent */
  WRIT_AUTHORITY_ORIGIN: origin.optional(),
  WRIT_JOIN_SECRET: z.string().min(32),
  /** absent: single-node mode, bundles and records travel over HTTP and replay memory is this process */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  /** the Redis of the queue of records, where it is another one; it should be, because a full queue must not take the room of policy */
  WRIT_QUEUE_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  WRIT_GATEWAY_STATE_DIR: z.string().default(join('.writ', 'gateway')),
  /** without a fresh heartbeat for so long: this gateway says so; nothing is changed any more; nothing is answered any more */
  WRIT_BUNDLE_DEGRADED_SECONDS: whole(15),
  WRIT_BUNDLE_OUT_OF_STEP_SECONDS: whole(60),
  WRIT_BUNDLE_STALE_SECONDS: whole(300),
  WRIT_LIMIT_BODY_BYTES: whole(MIB, KIB),
  WRIT_LIMIT_RESPONSE_BYTES: whole(8 * MIB, KIB),
  WRIT_LIMIT_EVENT_BYTES: whole(MIB, KIB),
  WRIT_LIMIT_DEPTH: whole(64),
  WRIT_LIMIT_CALLS_UNDER_WAY: whole(2048),
  WRIT_LIMIT_BODIES: whole(2048),
  WRIT_LIMIT_BODIES_PER_ADDRESS: whole(256),
  WRIT_LIMIT_SOCKETS: whole(10_000),
  WRIT_LIMIT_SOCKETS_PER_ADDRESS: whole(1000),
  /** calls and open streams of one agent at once */
  WRIT_LIMIT_CALLS_PER_AGENT: whole(256),
  /** requests a minute that prove nothing */
  WRIT_LIMIT_FAILURES_PER_ADDRESS: whole(1200),
  WRIT_LIMIT_FAILURES_PER_AGENT: whole(600),
  /** connections that `/{tenant}/mcp` combines, tools that it lists before it offers a search instead (0: any number), and how long it waits for one of them */
  WRIT_LIMIT_COMPOSED_CONNECTIONS: whole(32),
  WRIT_LIMIT_COMPOSED_TOOLS: whole(100, 0),
  WRIT_TIMEOUT_COMPOSED_SECONDS: whole(10),
  WRIT_LIMIT_TENANTS_RESIDENT: whole(1000),
  WRIT_LIMIT_UPSTREAM_POOLS: whole(1000),
  WRIT_LIMIT_UPSTREAM_POOLS_PER_TENANT: whole(250),
  /** sockets of one pool, and calls and open streams of one connection at once */
  WRIT_LIMIT_UPSTREAM_CALLS_PER_CONNECTION: whole(512),
  WRIT_LIMIT_UPSTREAM_CALLS_PER_TENANT: whole(1024),
  /** failures in a row after which an upstream is not called for a while, and for how long at first and at most */
  WRIT_UPSTREAM_BROKEN_AFTER_FAILURES: whole(5),
  WRIT_UPSTREAM_BROKEN_SECONDS: whole(5),
  WRIT_UPSTREAM_BROKEN_MOST_SECONDS: whole(60),
  /** for development: on the loopback interface of a gateway are things that no tenant should reach */
  WRIT_ALLOW_UPSTREAMS_OF_EVERY_TENANT_ON_LOOPBACK: z.enum(['no', 'yes']).default('no'),
  WRIT_LIMIT_SPOOL_BYTES: whole(512 * MIB, 16 * MIB),
  /** what the ledger has confirmed stays on the disk so long at least, and until it is archived, where there is room */
  WRIT_RECORDS_KEPT_HOURS: z.coerce.number().min(0).max(8784).default(24),
  /** for tenants in `strict-remote`: an answer that the ledger has not confirmed by then does not go out */
  WRIT_LIMIT_REMOTE_RECORD_MS: whole(5000, 100),
  WRIT_TIMEOUT_REQUEST_HEADERS_SECONDS: whole(10),
  WRIT_TIMEOUT_REQUEST_SECONDS: whole(30),
  WRIT_TIMEOUT_REQUEST_IDLE_SECONDS: whole(10),
  WRIT_TIMEOUT_SLOW_READER_SECONDS: whole(30),
  WRIT_TIMEOUT_UPSTREAM_CONNECT_SECONDS: whole(10),
  /** a tool may think for minutes before its first byte */
  WRIT_TIMEOUT_UPSTREAM_HEADERS_SECONDS: whole(300),
  WRIT_TIMEOUT_UPSTREAM_BODY_SECONDS: whole(60),
  WRIT_TIMEOUT_UPSTREAM_POOL_IDLE_SECONDS: whole(60),
  /** where spans are posted to (OTLP over HTTP, JSON); absent: no traces */
  WRIT_TRACES_URL: z.url({ protocol: /^https?$/ }).optional(),
  WRIT_TRACES_AUTHORIZATION: z.string().optional(),
  WRIT_TRACES_RATIO: z.coerce.number().min(0).max(1).default(1),
  WRIT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  WRIT_BUILD: z.string().max(100).default('0.1.0'),
})

export type GatewayConfig = ReturnType<typeof readConfig>

/** @throws ConfigError with one line per variable that is missing or malformed */
export function readConfig(env: Environment) {
  const read = loadConfig(ConfigSchema, env)
  return {
    name: read.WRIT_GATEWAY_NAME,
    build: read.WRIT_BUILD,
    logLevel: read.WRIT_LOG_LEVEL,
    stateDir: read.WRIT_GATEWAY_STATE_DIR,
    listen: { host: read.WRIT_GATEWAY_HOST, port: read.WRIT_GATEWAY_PORT },
    admin: { host: read.WRIT_GATEWAY_ADMIN_HOST, port: read.WRIT_GATEWAY_ADMIN_PORT },
    publicOrigin: read.WRIT_PUBLIC_ORIGIN,
    controlPlaneOrigin: read.WRIT_CONTROL_PLANE_URL,
    authorityOrigin: read.WRIT_AUTHORITY_ORIGIN ?? read.WRIT_CONTROL_PLANE_URL,
    joinSecret: read.WRIT_JOIN_SECRET,
    redisUrl: read.REDIS_URL ?? null,
    queueRedisUrl: read.WRIT_QUEUE_REDIS_URL ?? read.REDIS_URL ?? null,
    bundleBounds: {
      degradedAfterMs: read.WRIT_BUNDLE_DEGRADED_SECONDS * 1000,
      outOfStepAfterMs: read.WRIT_BUNDLE_OUT_OF_STEP_SECONDS * 1000,
      staleAfterMs: read.WRIT_BUNDLE_STALE_SECONDS * 1000,
    },
    brakes: {
      failuresPerAddress: read.WRIT_LIMIT_FAILURES_PER_ADDRESS,
      failuresPerAgent: read.WRIT_LIMIT_FAILURES_PER_AGENT,
    },
    spoolBytes: read.WRIT_LIMIT_SPOOL_BYTES,
    recordsKeptMs: read.WRIT_RECORDS_KEPT_HOURS * 3_600_000,
    remoteRecordMs: read.WRIT_LIMIT_REMOTE_RECORD_MS,
    tenantsResident: read.WRIT_LIMIT_TENANTS_RESIDENT,
    tracing: tracingOf(read),
    composition: {
      connections: read.WRIT_LIMIT_COMPOSED_CONNECTIONS,
      toolsListed: read.WRIT_LIMIT_COMPOSED_TOOLS,
      patienceMs: read.WRIT_TIMEOUT_COMPOSED_SECONDS * 1000,
    },
    server: serverLimits(read),
    callsPerAgent: read.WRIT_LIMIT_CALLS_PER_AGENT,
    upstream: upstreamLimits(read),
    requestLimits: { maxBytes: read.WRIT_LIMIT_BODY_BYTES, maxDepth: read.WRIT_LIMIT_DEPTH },
    answerLimits: { maxBytes: read.WRIT_LIMIT_RESPONSE_BYTES, maxDepth: read.WRIT_LIMIT_DEPTH },
  }
}

type Read = Readonly<z.output<typeof ConfigSchema>>

const tracingOf = (read: Read) =>
  read.WRIT_TRACES_URL === undefined
    ? null
    : {
        url: read.WRIT_TRACES_URL,
        authorization: read.WRIT_TRACES_AUTHORIZATION ?? null,
        ratio: read.WRIT_TRACES_RATIO,
        joinSecret: read.WRIT_JOIN_SECRET,
        name: read.WRIT_GATEWAY_NAME,
        build: read.WRIT_BUILD,
      }

const serverLimits = (read: Read) => ({
  bodyBytes: read.WRIT_LIMIT_BODY_BYTES,
  bodyIdleMs: read.WRIT_TIMEOUT_REQUEST_IDLE_SECONDS * 1000,
  callsUnderWay: read.WRIT_LIMIT_CALLS_UNDER_WAY,
  bodies: read.WRIT_LIMIT_BODIES,
  bodiesPerAddress: read.WRIT_LIMIT_BODIES_PER_ADDRESS,
  sockets: read.WRIT_LIMIT_SOCKETS,
  socketsPerAddress: read.WRIT_LIMIT_SOCKETS_PER_ADDRESS,
  headersTimeoutMs: read.WRIT_TIMEOUT_REQUEST_HEADERS_SECONDS * 1000,
  requestTimeoutMs: read.WRIT_TIMEOUT_REQUEST_SECONDS * 1000,
  slowReaderMs: read.WRIT_TIMEOUT_SLOW_READER_SECONDS * 1000,
})

const upstreamLimits = (read: Read) => ({
  responseBytes: read.WRIT_LIMIT_RESPONSE_BYTES,
  eventBytes: read.WRIT_LIMIT_EVENT_BYTES,
  pools: read.WRIT_LIMIT_UPSTREAM_POOLS,
  poolsPerTenant: read.WRIT_LIMIT_UPSTREAM_POOLS_PER_TENANT,
  socketsPerUpstream: read.WRIT_LIMIT_UPSTREAM_CALLS_PER_CONNECTION,
  callsPerTenant: read.WRIT_LIMIT_UPSTREAM_CALLS_PER_TENANT,
  poolIdleMs: read.WRIT_TIMEOUT_UPSTREAM_POOL_IDLE_SECONDS * 1000,
  breaker: {
    failures: read.WRIT_UPSTREAM_BROKEN_AFTER_FAILURES,
    openMs: read.WRIT_UPSTREAM_BROKEN_SECONDS * 1000,
    mostOpenMs: read.WRIT_UPSTREAM_BROKEN_MOST_SECONDS * 1000,
  },
  loopback: read.WRIT_ALLOW_UPSTREAMS_OF_EVERY_TENANT_ON_LOOPBACK === 'yes',
  connectTimeoutMs: read.WRIT_TIMEOUT_UPSTREAM_CONNECT_SECONDS * 1000,
  headersTimeoutMs: read.WRIT_TIMEOUT_UPSTREAM_HEADERS_SECONDS * 1000,
  bodyTimeoutMs: read.WRIT_TIMEOUT_UPSTREAM_BODY_SECONDS * 1000,
})

/** The only place of this app that looks at the environment. */
export const environment = (): Environment => process.env
