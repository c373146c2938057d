import { randomBytes } from 'node:crypto'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { CreatedTenant } from '@writ/contracts'
import { createTestDatabase } from '@writ/postgres/testing'
import type { TestDatabase } from '@writ/postgres/testing'
import { prepareQueueStore } from '@writ/redis'
import { createLog } from '@writ/runtime'
import { createApplication } from '../application.ts'
import type { RimLimits } from '../application.ts'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { ConfigSchema } from '../config.ts'
import { BodyRooms } from '../http/body-rooms.ts'
import type { BodyLimits } from '../http/body-rooms.ts'
import { createBrakes } from '../http/brakes.ts'
import type { BrakeLimits } from '../http/brakes.ts'
import { openOutside } from '../open-outside.ts'

export const ORIGIN = 'http://127.0.0.1:7400'
export const GATEWAY = 'http://127.0.0.1:7410'
export const OPERATOR_KEY = 'operator-key-of-the-specs-0123456789'
export const JOIN_SECRET = 'join-secret-of-the-specs-0123456789ab'

/** What came back. `body` is the parsed JSON, whatever its shape. */
export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- specs look into answers of every shape
  readonly body: any
}

export type Asking = {
  readonly key?: string | undefined
  /** sent as JSON, unless it is text or bytes already */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A control plane that really listens, on a migrated database of its own. */
export type ControlPlane = {
  readonly url: string
  readonly app: NestFastifyApplication
  readonly appUrl: string
  readonly ownerUrl: string
  readonly workerUrl: string
  /** asks Postgres past row security */
  readonly query: TestDatabase['query']
  readonly logged: () => string
  readonly ask: (method: string, path: string, asking?: Asking) => Promise<Answer>
  readonly newTenant: (slug?: string) => Promise<CreatedTenant>
  readonly close: () => Promise<void>
}

export type Setting = {
  readonly clock?: Clock
  readonly redisUrl?: string
  readonly limits?: RimLimits
  readonly environment?: Readonly<Record<string, string>>
  readonly brakes?: BrakeLimits
  readonly bodies?: BodyLimits
}

const UNBRAKED = { source: 1e6, principal: 1e6 }
/** Specs that try every door are not slowed down. */
const NO_BRAKES: BrakeLimits = {
  login: UNBRAKED,
  enrolment: UNBRAKED,
  token: UNBRAKED,
  device: UNBRAKED,
  'api-key': UNBRAKED,
}

export async function givenControlPlane({
  clock = systemClock,
  redisUrl,
  limits,
  environment,
  brakes = NO_BRAKES,
  bodies,
}: Setting = {}): Promise<ControlPlane> {
  const database = await createTestDatabase()
  await prepareQueueStore(database.ownerUrl)
  const lines: string[] = []
  const log = createLog('spec', 'debug', { write: (line) => void lines.push(line) })
  const config = ConfigSchema.parse({
    DATABASE_URL: database.appUrl,
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    WRIT_MASTER_KEY: randomBytes(32).toString('base64url'),
    WRIT_JOIN_SECRET: JOIN_SECRET,
    WRIT_OPERATOR_KEY: OPERATOR_KEY,
    WRIT_PUBLIC_ORIGIN: ORIGIN,
    WRIT_GATEWAY_ORIGINS: GATEWAY,
    WRIT_ALLOW_UPSTREAMS_OF_EVERY_TENANT_ON_LOOPBACK: 'yes',
    ...environment,
  })
  const { outside, close } = await openOutside(config, clock, log)
  const guarded = { ...outside, brakes: createBrakes(null, brakes), rooms: new BodyRooms(bodies) }
  const app = await createApplication(guarded, log, limits)
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  const ask = (method: string, path: string, asking: Asking = {}) => send(`${url}${path}`, method, asking)
  return {
    url,
    app,
    appUrl: database.appUrl,
    ownerUrl: database.ownerUrl,
    workerUrl: database.workerUrl,
    query: database.query,
    logged: () => lines.join(''),
    ask,
    newTenant: async (slug = `t-${randomBytes(5).toString('hex')}`) =>
      CreatedTenant.parse(
        (await ask('POST', '/api/v1/tenants', { key: OPERATOR_KEY, body: { slug, name: `Tenant ${slug}` } }))
          .body,
      ),
    close: async () => {
      await app.close()
      await close()
      await database.drop()
    },
  }
}

async function send(url: string, method: string, { key, body, headers = {} }: Asking): Promise<Answer> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: sent }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
