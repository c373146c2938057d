// `npm start`: the whole platform on this machine, and the guided first call.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { startDemo } from './local/demo.mjs'
import { makeOwnerLink } from './local/owner-link.mjs'
import { startPlatform } from './local/platform.mjs'
import { box, createSay } from './local/progress.mjs'
import { createRunning } from './local/running.mjs'
import { stateDirectory } from './state.mjs'

const say = createSay()
const running = createRunning()
let isServing = false
let isStopping = false

stopOnSignals()
try {
  await start(readArguments(process.argv.slice(2)))
} catch (error) {
  await stop(1, `could not start: ${error.message}`)
}

async function start({ isOnce, gateways }) {
  console.log('Writ')
  await ensureDependencies(say)
  await ensureBuild(say)
  const ports = portsFrom(process.env)
  const platform = await startPlatform({ stateDir: stateDirectory(), gateways, ports, say, running })
  void platform.died.then(({ name, words }) =>
    stop(1, `${name} ended unexpectedly; its last lines:\n${words}`),
  )
  const isFirst = !existsSync(join(platform.stateDir, 'demo', 'owner-api-key'))
  const demo = await startDemo(platform, isOnce ? 'once' : 'first')
  const isFine = await demo.finished
  if (isOnce)
    return await stop(isFine ? 0 : 1, isFine ? undefined : 'the guided call did not do what it says')
  if (!isFine) say('the guided call did not do what it says; the platform runs on, the logs say more')
  isServing = true
  console.log(`\n${addresses(platform)}\n`)
  if (isFirst) await sayOwnerLink(platform)
}

// The way into the demo tenant by browser, before it has an identity provider. It is good once, so it is shown once.
async function sayOwnerLink({ controlPlaneUrl, secrets: { operatorKey } }) {
  try {
    const link = await makeOwnerLink({ controlPlaneUrl, operatorKey, slug: 'demo' })
    console.log(`owner link of the tenant demo (opens once, within ten minutes):\n\n  ${link}\n`)
  } catch (error) {
    say(`there is no owner link: ${error.message}`)
  }
}

function readArguments(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { once: { type: 'boolean', default: false }, gateways: { type: 'string', default: '1' } },
    })
    if (!/^([1-9]|1[0-6])$/.test(values.gateways)) throw new Error('--gateways takes a number from 1 to 16')
    return { isOnce: values.once, gateways: Number(values.gateways) }
  } catch (error) {
    console.error(`${error.message}\nusage: npm start [-- --once] [-- --gateways N]`)
    return process.exit(2)
  }
}

function portsFrom(env) {
  const names = {
    controlPlane: 'WRIT_CONTROL_PLANE_PORT',
    gateway: 'WRIT_GATEWAY_PORT',
    gatewayAdmin: 'WRIT_GATEWAY_ADMIN_PORT',
    workerAdmin: 'WRIT_WORKER_ADMIN_PORT',
    demoUpstream: 'WRIT_DEMO_UPSTREAM_PORT',
    postgres: 'WRIT_POSTGRES_PORT',
  }
  const wanted = Object.entries(names).filter(([, name]) => env[name])
  return Object.fromEntries(wanted.map(([port, name]) => [port, portNumber(name, env[name])]))
}

function portNumber(name, text) {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${name} must be a port from 0 to 65535`)
  return port
}

function addresses({ controlPlaneUrl, gateways, mode, stateDir }) {
  const here = relative(process.cwd(), stateDir)
  const state = here.startsWith('..') ? stateDir : here
  const isDefault = controlPlaneUrl === 'http://127.0.0.1:7400'
  return box('Writ is running. Ctrl-C stops all of it.', [
    ['control plane', `${controlPlaneUrl}/api/v1`],
    ['OpenAPI', `${controlPlaneUrl}/api/openapi.json`],
    ...gateways.map(({ name, url, adminUrl }) => [name, `${url}   (health and metrics: ${adminUrl})`]),
    ['mode', mode === 'redis' ? 'with Redis' : 'single-node, without Redis'],
    ['state, logs', state],
    ['demo owner key', `${state}/demo/owner-api-key`],
    ['another owner link', 'npm run tenant -- owner-link demo'],
    ['your own tenant', `npm run tenant -- --slug acme${isDefault ? '' : ` --url ${controlPlaneUrl}`}`],
  ])
}

function stopOnSignals() {
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
    process.on(signal, () => void stop(isServing ? 0 : 128 + number))
  }
  process.on('uncaughtException', onBug)
  process.on('unhandledRejection', onBug)
}

function onBug(error) {
  void stop(1, error?.stack ?? String(error))
}

// What is still starting ends with us: services notice the closed channel, servers the closed pipe.
async function stop(code, why) {
  if (isStopping) return
  isStopping = true
  if (why !== undefined) console.error(`\n${why}`)
  setTimeout(() => process.exit(code || 1), 30_000).unref()
  for (const failure of await running.stopAll()) console.error(`not stopped in order: ${failure}`)
  process.exit(code)
}
