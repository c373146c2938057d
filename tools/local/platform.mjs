// The whole platform on this machine. `npm start`, the e2e tests and the benchmarks all start it here.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CLONE, openState } from '../state.mjs'
import { entryOf, runStep } from './child.mjs'
import { provideDatabase } from './database.mjs'
import { awaitLeftovers, noteService } from './leftover-services.mjs'
import { choosePorts, gatewayName, PREFERRED_PORTS } from './platform-ports.mjs'
import { provideRedis } from './redis.mjs'
import { createRunning } from './running.mjs'
import { keepService } from './service.mjs'
import * as told from './settings.mjs'

/**
 * Starts Postgres, Redis (or not), migrations, the control plane, the audit worker and the gateways, in this order.
 * @param {import('./platform.d.mts').PlatformOptions} options
 * @returns {Promise<import('./platform.d.mts').Platform>}
 * @throws in plain words; everything that was started is stopped again by then
 */
export async function startPlatform({ running = createRunning(), ...options }) {
  try {
    return await start({
      env: process.env,
      isMigrated: false,
      redis: 'auto',
      gateways: 1,
      tuning: {},
      say: () => {},
      ...options,
      running,
    })
  } catch (error) {
    await running.stopAll()
    throw error
  }
}

async function start({ stateDir, isMigrated, redis, gateways, ports, env, tuning, say, running }) {
  const state = openState(stateDir)
  running.add('state', state.release)
  await awaitLeftovers(stateDir, say)
  const preferred = { ...PREFERRED_PORTS, ...ports }
  const servers = await startServers({ state, redis, gateways, preferred, env, say, running })
  const world = {
    secrets: state.secrets,
    ownerUrl: servers.database.url,
    redisUrl: servers.redis?.url,
    ports: await choosePorts({ preferred, gateways, say }),
  }
  const died = deathWatch(servers)
  const launch = launcher({ stateDir, running, say, onDeath: died.report })
  if (!isMigrated) {
    await timed(say, 'migrations', () =>
      runStep(launch.settings('migrate', 'control-plane', told.migrationSettings(world))),
    )
  }
  const services = await startServices({ world, stateDir, tuning, launch })
  return {
    ...services,
    mode: servers.redis === null ? 'single-node' : 'redis',
    controlPlaneUrl: told.controlPlaneUrl(world),
    gatewayUrls: told.gatewayUrls(world),
    ownerUrl: world.ownerUrl,
    databaseUrl: told.appDatabaseUrl(world),
    redisUrl: world.redisUrl,
    secrets: state.secrets,
    stateDir,
    world,
    died: died.first,
    launch,
    stop: () => running.stopAll(),
  }
}

async function startServers({ state, redis, gateways, preferred, env, say, running }) {
  const common = { stateDir: state.dir, env, say }
  const begun = performance.now()
  const database = await provideDatabase({
    ...common,
    password: state.secrets.postgresPassword,
    port: preferred.postgres,
  })
  running.add('postgres', database.stop)
  say(`postgres        ${database.how}`, begun)
  const redisBegun = performance.now()
  const found = await provideRedis({ ...common, env: redis === 'off' ? { WRIT_REDIS: 'off' } : env })
  if (found) running.add('redis', found.stop)
  refuseWithoutRedis({ found, redis, gateways })
  say(
    found ? `redis           ${found.version} (${found.how})` : `redis           none: ${SINGLE_NODE}`,
    redisBegun,
  )
  return { database, redis: found }
}

const SINGLE_NODE = 'single-node mode, bundles and records go over HTTP and Postgres'

function refuseWithoutRedis({ found, redis, gateways }) {
  if (found !== null) return
  if (redis === 'required') throw new Error('Redis is required here and there is none')
  if (gateways > 1) {
    throw new Error(
      `${gateways} gateways need Redis: set REDIS_URL or install redis-server (without Redis, one gateway can run)`,
    )
  }
}

function deathWatch({ database, redis }) {
  let report
  const first = new Promise((resolve) => {
    report = resolve
  })
  void database.died?.then((words) => report({ name: 'postgres', words }))
  void redis?.died?.then((words) => report({ name: 'redis', words }))
  return { first, report }
}

/** What starts one more program of the platform: the platform's own services, and the demo on top of them. */
function launcher({ stateDir, running, say, onDeath }) {
  const logDir = join(stateDir, 'logs')
  mkdirSync(logDir, { recursive: true, mode: 0o700 })
  const settings = (name, app, env, more = {}) => ({
    name,
    entry: entryOf(app, name === 'migrate' ? 'migrate' : 'main'),
    env,
    cwd: CLONE,
    logFile: join(logDir, `${name}.log`),
    onSpawn: (pid) => noteService(stateDir, name, pid),
    ...more,
  })
  const service = async (name, app, env, more) => {
    const begun = performance.now()
    const kept = await keepService(settings(name, app, env, more), onDeath)
    running.add(name, kept.stop)
    say(`${name.padEnd(16)}${kept.ready.port ? `port ${kept.ready.port}` : 'runs'}`, begun)
    return kept
  }
  return { settings, service }
}

async function startServices({ world, stateDir, tuning, launch }) {
  const controlPlane = await launch.service('control-plane', 'control-plane', {
    ...told.controlPlaneSettings(world),
    ...tuning.controlPlane,
  })
  const auditWorker = await launch.service('audit-worker', 'audit-worker', {
    ...told.workerSettings(world),
    ...tuning.auditWorker,
  })
  const gateways = []
  for (const [index, { port, adminPort }] of world.ports.gateways.entries()) {
    const spoolDir = join(stateDir, gatewayName(index))
    mkdirSync(spoolDir, { recursive: true, mode: 0o700 })
    const env = {
      ...told.gatewaySettings(world, { port, adminPort, stateDir: spoolDir }),
      ...tuning.gateway,
      ...tuning.gateways?.[index],
    }
    // Maps take memory of a process for as long as it lives, and what a gateway runs reads much like what it was made of.
    const service = await launch.service(gatewayName(index), 'gateway', env, { hasSourceMaps: false })
    gateways.push(
      Object.assign(service, {
        url: told.gatewayUrls(world)[index],
        adminUrl: told.adminUrl(adminPort),
        stateDir: spoolDir,
      }),
    )
  }
  return { controlPlane, auditWorker, gateways }
}

async function timed(say, name, work) {
  const begun = performance.now()
  await work()
  say(`${name.padEnd(16)}done`, begun)
}
