// The agent library and the signing proxy as a client, in every scenario about authorization and in both eras of the protocol.
import { fileURLToPath } from 'node:url'
import { CLIENT_SCENARIOS } from './client-scenarios.mjs'
import { listScenarios, runSuite, tallyOf } from './suite.mjs'

const CLIENT = fileURLToPath(new URL('client-under-test.mjs', import.meta.url))
const AT_ONCE = 2
/** Of each kind one: discovery, who the authority is, authentication, scopes, proofs. */
export const SHORT_FORM = [
  'auth/client-credentials-jwt',
  'auth/dpop',
  'auth/dpop-nonce',
  'auth/iss-wrong-issuer',
  'auth/metadata-var2',
  'auth/resource-mismatch',
  'auth/scope-step-up',
]
/** An extension has no version of its own: it is run in both eras. */
const ERAS = ['2025-11-25', '2026-07-28']

/**
 * @param {{ say: (text: string) => void, running: { add: (name: string, stop: () => unknown) => void }, isShort?: boolean }} about
 *   short: one scenario of each kind, at its newest version only
 * @returns one result for each scenario: the number of versions at which it passes
 */
export async function measure({ say, running, isShort = false }) {
  const all = (await listScenarios('client')).filter(({ name }) => name.startsWith('auth/'))
  requireJudged(all)
  const scenarios = isShort ? all.filter(({ name }) => SHORT_FORM.includes(name)) : all
  const waiting = [...scenarios]
  const results = new Map()
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await resultOf(next, { running, isShort })
      say(`${next.name}: ${result.detail}`)
      results.set(next.name, result)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return scenarios.map(({ name }) => results.get(name))
}

/** A scenario that nobody looked at must not pass for one that does not apply. */
function requireJudged(scenarios) {
  const names = scenarios.map(({ name }) => name)
  const unknown = names.filter((name) => !(name in CLIENT_SCENARIOS))
  const gone = Object.keys(CLIENT_SCENARIOS).filter((name) => !names.includes(name))
  if (unknown.length > 0 || gone.length > 0)
    throw new Error(`the suite changed: new are [${unknown.join(', ')}], gone are [${gone.join(', ')}]`)
}

async function resultOf({ name, versions }, { running, isShort }) {
  const { not } = CLIENT_SCENARIOS[name]
  const row = { name: `client.${name}`, unit: 'runs passed', target: '' }
  if (not !== undefined) return { ...row, value: null, holds: null, detail: `does not apply: ${not}` }
  const isExtension = versions.length === 0
  const runs = []
  for (const version of (isExtension ? ERAS : versions).slice(isShort ? -1 : 0))
    runs.push(await passing(name, version, { isExtension, running }))
  const passed = runs.filter(({ passes }) => passes).length
  return {
    ...row,
    value: passed,
    target: `>= ${runs.length}`,
    holds: passed === runs.length,
    detail: runs.map(({ words }) => words).join('; '),
  }
}

/** As the suite counts: a warning is no pass either. */
async function passing(name, version, { isExtension, running }) {
  const ran = await runSuite(
    [
      'client',
      '--command',
      `${process.execPath} ${CLIENT}`,
      '--scenario',
      name,
      '--spec-version',
      version,
    ].concat(isExtension ? ['--force'] : []),
    { running },
  )
  const { met, decided, words } = tallyOf(ran.checks)
  const passes = ran.status === 0 && decided > 0 && met === decided && words.length === 0
  const said = ran.status === null ? ['it did not end'] : words
  return { passes, words: [`${version} ${met}/${decided}`, ...said].join(' ') }
}
