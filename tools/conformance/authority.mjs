// A tenant's authority as the suite sees it, on a platform of its own. A human signs in, reads what is asked and says yes, in a browser of
// forms; the suite's client is lent the keys of an enrolled agent.
import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { startPlatform } from '../local/platform.mjs'
import { stateDirectory } from '../state.mjs'
import { newAgentAt } from './authority-agent.mjs'
import { createFormBrowser } from './form-browser.mjs'
import { listScenarios, runSuite, tallyOf } from './suite.mjs'

/** What a warning of the suite is about that the authority means to be so. */
const MEANT = {
  'authorization-server-metadata-cimd':
    'clients are enrolled agents with a key of their own; no document from outside can make one',
}

const isMeant = ({ id, status }) => status === 'WARNING' && id in MEANT

export async function measure({ say, running }) {
  const scenarios = await listScenarios('authorization')
  say('starting a platform …')
  const platform = await startOwnPlatform(running)
  return measureAuthority({ scenarios, platform, say, running })
}

/** @param {{ scenarios: { name: string }[], platform: import('../local/platform.d.mts').Platform, say: Function, running: object }} about */
export async function measureAuthority({ scenarios, platform, say, running }) {
  const { checks, faults } = await runAll(await newAgentAt(platform), running)
  const results = scenarios.map(({ name }) => resultOf(name, checks, faults))
  for (const { name, detail } of results) say(`${name}: ${detail}`)
  return results
}

function startOwnPlatform(running) {
  const stateDir = join(stateDirectory(), `conformance-${process.pid}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  running.add('conformance state', () => rmSync(stateDir, { recursive: true, force: true }))
  const ports = { controlPlane: 0, gateway: 0, demoUpstream: 0, postgres: 0, workerAdmin: 0, gatewayAdmin: 0 }
  return startPlatform({ stateDir, redis: 'off', ports, running })
}

/** All scenarios in one run: one builds on what another found. */
async function runAll({ ownerLink, ...agent }, running) {
  const faults = []
  const port = await freePort()
  const { checks } = await runSuite(
    ['authorization', '--url', agent.issuer, '--client-id', agent.clientId, '--port', String(port)],
    {
      env: { WRIT_CONFORMANCE_AGENT: JSON.stringify(agent) },
      onLine: (line) => {
        if (line.startsWith(`${agent.issuer}/authorize?`))
          consent(line, ownerLink).catch(({ message }) => faults.push(message))
      },
      running,
    },
  )
  return { checks, faults }
}

function resultOf(name, checks, faults) {
  const own = checks.filter(({ scenario }) => scenario.includes(name))
  const { met, decided } = tallyOf(own)
  const unmeant = own.filter((check) => /FAILURE|WARNING|SKIPPED/.test(check.status) && !isMeant(check))
  const words = [
    `${met}/${decided}`,
    ...unmeant.map(({ id, status, errorMessage }) => `${status} of ${id}: ${errorMessage}`),
    ...own.filter(isMeant).map(({ id }) => `warned of ${id}: ${MEANT[id]}`),
    ...(name === 'authorization-code-grant' ? [AIDED, ...faults] : []),
  ]
  return {
    name: `authority.${name}`,
    value: met,
    unit: 'checks passed',
    target: `>= ${Math.max(decided, 1)}`,
    holds: decided > 0 && unmeant.length === 0,
    detail: words.join('; '),
  }
}

const AIDED =
  'the suite has no client with a key of its own, so its token request goes out with the assertion and the proof of an enrolled agent'

/** What a human does with the address that the suite prints. */
async function consent(url, ownerLink) {
  const browser = createFormBrowser()
  await browser.submit(await browser.visit(await ownerLink()))
  const decided = await browser.submit(await browser.visit(url), { decision: 'allow' })
  if (decided.leadsTo === null) throw new Error(`consenting ended with ${decided.status}`)
  await fetch(decided.leadsTo)
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
