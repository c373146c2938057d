import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import type { z } from 'zod'
import { ConfigSchema as AuditWorkerConfig } from '../apps/audit-worker/src/config.ts'
import {
  ConfigSchema as ControlPlaneConfig,
  MigrationConfigSchema,
} from '../apps/control-plane/src/config.ts'
import { ConfigSchema as GatewayConfig } from '../apps/gateway/src/config.ts'
import { loadConfig } from '../libs/runtime/src/index.ts'

type Service = {
  readonly environment: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly networks: readonly string[]
  readonly build?: { readonly dockerfile: string; readonly args: { readonly APP: string } }
  readonly command?: readonly string[]
}

const clone = dirname(dirname(fileURLToPath(import.meta.url)))
const source = readFileSync(join(clone, 'docker-compose.yml'), 'utf8')
const compose: { readonly services: Readonly<Record<string, Service>>; readonly networks: object } = parse(
  source,
  {
    merge: true,
  },
)

const secrets = new Map(
  [...readFileSync(join(clone, '.env.example'), 'utf8').matchAll(/^(\w+)=$/gm)].map(([, name]) => [
    name ?? '',
    randomBytes(32).toString('base64url'),
  ]),
)

const schemas: Readonly<Record<string, z.ZodObject>> = {
  migrate: MigrationConfigSchema,
  'control-plane': ControlPlaneConfig,
  'audit-worker': AuditWorkerConfig,
  'gateway-1': GatewayConfig,
  'gateway-2': GatewayConfig,
}

/** The service's environment as compose would give it, with the secrets of a filled-in `.env`. */
function environmentOf(name: string): Record<string, string> {
  const environment = serviceOf(name).environment
  return Object.fromEntries(
    Object.entries(environment).map(([variable, value]) => [variable, filledIn(value)]),
  )
}

function serviceOf(name: string): Service {
  const service = compose.services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return service
}

const filledIn = (text: string): string =>
  text.replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_all, name) => secrets.get(name) ?? '')

describe('docker-compose.yml', () => {
  it('has the whole platform', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(
      ['postgres', 'redis', ...Object.keys(schemas)].toSorted(),
    )
  })

  it('asks for exactly the secrets that .env.example documents, and starts without none of them', () => {
    const asked = [...source.matchAll(/\$\{(\w+)([^}]*)\}/g)]
    expect(new Set(asked.map(([, name]) => name))).toEqual(new Set(secrets.keys()))
    expect(asked.filter(([, , rest]) => !rest?.startsWith(':?'))).toEqual([])
  })

  it('publishes on loopback only', () => {
    const published = Object.values(compose.services).flatMap(({ ports }) => ports ?? [])
    expect(published.length).toBeGreaterThan(0)
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('keeps the gateways off the network of Postgres', () => {
    for (const gateway of ['gateway-1', 'gateway-2']) {
      const shared = serviceOf(gateway).networks.filter((network) =>
        serviceOf('postgres').networks.includes(network),
      )
      expect(shared).toEqual([])
    }
  })

  it('names only networks that it defines', () => {
    const used = Object.values(compose.services).flatMap(({ networks }) => networks)
    expect(new Set(used)).toEqual(new Set(Object.keys(compose.networks)))
  })

  // The plugin, or the older program of its own; where there is neither, the client cannot be asked.
  const client = [['docker', 'compose'], ['docker-compose']].find(
    ([program = '', ...first]) => spawnSync(program, [...first, 'version']).status === 0,
  )
  ;(client ? it : it.skip)('is accepted by docker compose', () => {
    const [program = '', ...first] = client ?? []
    const env = { ...process.env, ...Object.fromEntries(secrets) }
    const { status, stderr } = spawnSync(program, [...first, 'config', '-q'], {
      cwd: clone,
      env,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, expect.any(String)])
  })
})

describe.each(Object.entries(schemas))('the service %s', (name, schema) => {
  it('gets no variable that its app does not read', () => {
    const unknown = Object.keys(serviceOf(name).environment).filter((variable) => !(variable in schema.shape))
    expect(unknown).toEqual([])
  })

  it('gets all that its app needs, in a form that it accepts', () => {
    expect(() => loadConfig(schema, environmentOf(name))).not.toThrow()
  })

  it('stops when a secret is missing', () => {
    const environment = environmentOf(name)
    const needed = Object.keys(environment).filter((variable) =>
      /SECRET|KEY|PASSWORD|DATABASE/.test(variable),
    )
    expect(needed.length).toBeGreaterThan(0)
    for (const variable of needed) {
      expect(() => loadConfig(schema, { ...environment, [variable]: '' })).toThrow(`${variable}: is missing`)
    }
  })

  it('is built from a room that exists', () => {
    const { APP } = { APP: name, ...serviceOf(name).build?.args }
    const image = serviceOf(name).build?.dockerfile
    expect(existsSync(join(clone, 'apps', APP, 'src', 'main.ts'))).toBe(true)
    if (image !== undefined) expect(existsSync(join(clone, image))).toBe(true)
  })
})

describe('ports and origins', () => {
  const containerPort: Readonly<Record<string, readonly string[]>> = {
    'control-plane': ['WRIT_CONTROL_PLANE_PORT'],
    'gateway-1': ['WRIT_GATEWAY_PORT', 'WRIT_GATEWAY_ADMIN_PORT'],
    'gateway-2': ['WRIT_GATEWAY_PORT', 'WRIT_GATEWAY_ADMIN_PORT'],
  }

  it.each(Object.entries(containerPort))('%s publishes the ports that it listens on', (name, variables) => {
    const { ports = [], environment } = serviceOf(name)
    expect(ports.map((port) => port.split(':')[2])).toEqual(
      variables.map((variable) => environment[variable]),
    )
  })

  it.each(['control-plane', 'gateway-1', 'gateway-2'])(
    '%s is known by the port that it publishes',
    (name) => {
      const { ports = [], environment } = serviceOf(name)
      const [host, port] = ports[0]?.split(':') ?? []
      expect(environment['WRIT_PUBLIC_ORIGIN']).toBe(`http://${host}:${port}`)
    },
  )

  it('the control plane knows every gateway, and every gateway the authority', () => {
    const gateways = ['gateway-1', 'gateway-2'].map(serviceOf)
    const controlPlane = serviceOf('control-plane').environment
    expect(controlPlane['WRIT_GATEWAY_ORIGINS']?.split(',')).toEqual(
      gateways.map(({ environment }) => environment['WRIT_PUBLIC_ORIGIN']),
    )
    for (const { environment } of gateways) {
      expect(environment['WRIT_AUTHORITY_ORIGIN']).toBe(controlPlane['WRIT_PUBLIC_ORIGIN'])
      expect(environment['WRIT_CONTROL_PLANE_URL']).toBe(
        `http://control-plane:${controlPlane['WRIT_CONTROL_PLANE_PORT']}`,
      )
    }
  })
})
