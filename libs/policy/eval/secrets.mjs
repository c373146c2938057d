// Precision and recall of the secret detectors, through the whole inspection. Build the room first.
//   node libs/policy/eval/secrets.mjs                        recall on samples of our own shapes, made from a seed
//   node libs/policy/eval/secrets.mjs --data DIR             recall on samples of the rules of a checkout of gitleaks (an oracle: its
//                                                            rules are read where they are, and nothing of them is kept)
//   node libs/policy/eval/secrets.mjs --text DIR             findings per megabyte in the READMEs, Markdown and JSON of a directory
//   --seed N (1), --samples N (50 of each rule), --json
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inspectNow } from '../dist/detectors/inspect.js'
import { BUSINESS } from '../dist/detectors/secrets/formats/business.js'
import { CLOUD } from '../dist/detectors/secrets/formats/cloud.js'
import { CODE } from '../dist/detectors/secrets/formats/code.js'
import { KEYED } from '../dist/detectors/secrets/formats/keyed.js'
import { MACHINE } from '../dist/detectors/secrets/formats/machine.js'
import { sampler, seeded } from '../dist/detectors/secrets/sample.suite.js'
import { SECRET_SIGNALS } from '../dist/detectors/secrets/signals.js'

const GENERIC = new Set(['secret.generic', 'secret.url', 'secret.authorization'])
const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    text: { type: 'string' },
    seed: { type: 'string', default: '1' },
    samples: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
})
const next = seeded(Number(options.seed))
const samples = Number(options.samples)

function signalsIn(text) {
  const { sightings, fault } = inspectNow(text)
  if (fault !== null) throw new Error(fault.because)
  return sightings.map(({ signal }) => signal).filter((signal) => signal.startsWith('secret.'))
}

/** Every shape of ours in three places: quoted in prose, in a shell line, and in escaped JSON. */
function ownRecall() {
  const rows = [...CLOUD, ...CODE, ...BUSINESS, ...MACHINE].map(({ signal, shape }) => ({
    signal,
    write: matching(shape, sampler(shape.source, next)),
    places: [
      (value) => `use "${value}" here`,
      (value) => `export KEY=${value}\n`,
      (value) => JSON.stringify({ a: JSON.stringify({ value }) }),
    ],
  }))
  const keyed = KEYED.map(({ signal, words, value }) => ({
    signal,
    write: sampler(value, next),
    places: [
      (secret) => `${words[0]}_key = "${secret}"`,
      (secret) => `${words[0].toUpperCase()}_TOKEN=${secret}`,
      (secret) => `{"${words[0]}-secret": "${secret}"}`,
    ],
  }))
  const generic = GENERIC_PLACES.map(([signal, shape, place]) => ({
    signal,
    write: sampler(shape, next),
    places: [place],
  }))
  return summary(
    [...rows, ...keyed, ...generic].map(({ signal, write, places }) => ({
      vendor: signal,
      ...count((at) => places[at % places.length](write()), signal),
    })),
  )
}

const GENERIC_PLACES = [
  ['secret.generic', '[A-Za-z0-9]{24}', (value) => `API_KEY=${value}`],
  ['secret.generic', '[a-f0-9]{32}', (value) => `client_secret: "${value}"`],
  ['secret.generic', '[A-Z][a-z]{4}[0-9]{3}[!#%&*]', (value) => `db_password = "${value}"`],
  ['secret.url', '[A-Za-z0-9_]{12}', (value) => `postgres://app:${value}@db.internal:5432/main`],
  ['secret.authorization', '[A-Za-z0-9_-]{40}', (value) => `Authorization: Bearer ${value}`],
]

function matching(shape, sample) {
  const whole = new RegExp(`^(?:${shape.source})$`, shape.flags.replace('y', ''))
  return () => {
    for (;;) {
      const value = sample()
      if (whole.test(value)) return value
    }
  }
}

function count(textAt, signal) {
  let found = 0
  let exact = 0
  for (let at = 0; at < samples; at++) {
    const signals = signalsIn(textAt(at))
    if (signals.some((each) => each !== 'secret.generic' || signal === each)) found++
    if (signals.includes(signal)) exact++
  }
  return { found, exact, of: samples }
}

/** The rules whose samples are not secrets of a vendor that can be told: what they ask for is given in docs/detectors.md. */
const UNMAPPED = new Set([
  'generic-api-key',
  'curl-auth-header',
  'curl-auth-user',
  'hashicorp-tf-password',
  'jwt',
  'jwt-base64',
  'kubernetes-secret-yaml',
  'nuget-config-password',
])
/** Where the oracle's name of a vendor is not ours. */
const NAMES = new Map(
  Object.entries({
    'hashicorp-tf': 'terraform',
    jfrog: 'artifactory',
    sendinblue: 'brevo',
    droneci: 'drone',
    travisci: 'travis',
    'cisco-meraki': 'meraki',
    'aws-amazon-bedrock': 'aws-bedrock',
    'azure-ad': 'azure-client',
    'new-relic': 'newrelic',
    'microsoft-teams': 'teams',
    privateai: 'private-ai',
  }),
)

function oracleRecall(directory) {
  const toml = readFileSync(join(directory, 'config/gitleaks.toml'), 'utf8')
  const rules = [...toml.matchAll(/\[\[rules\]\]\nid = "([^"]+)"[^]*?(?=\n\[\[rules\]\]|$)/g)]
  const rows = []
  const unmapped = []
  for (const [rule, id] of rules) {
    const source = /^regex = '''([^]*?)'''/m.exec(rule)?.[1]
    const signal = source === undefined || UNMAPPED.has(id) ? null : signalOf(id)
    if (signal === null) unmapped.push(id)
    else rows.push({ rule: id, vendor: signal, ...count(inText(sampler(source, next)), signal) })
  }
  return { ...summary(rows), unmapped }
}

const inText = (sample) => () => `x = 1\n${sample()}\n`

function signalOf(id) {
  for (const [theirs, ours] of NAMES) if (id.startsWith(`${theirs}-`)) return `secret.${ours}`
  const fitting = SECRET_SIGNALS.filter((signal) => `${id}-`.startsWith(`${signal.slice('secret.'.length)}-`))
  return fitting.sort((one, other) => other.length - one.length)[0] ?? null
}

/** By vendor, for several rules may be about one. */
function summary(rows) {
  const vendors = new Map()
  for (const { vendor, found, exact, of } of rows) {
    const sum = vendors.get(vendor) ?? { found: 0, exact: 0, of: 0 }
    vendors.set(vendor, { found: sum.found + found, exact: sum.exact + exact, of: sum.of + of })
  }
  const list = [...vendors].map(([vendor, sum]) => ({ vendor, ...sum, recall: sum.found / sum.of }))
  const ofVendors = list.filter(({ vendor }) => !GENERIC.has(vendor))
  return {
    rules: rows.length,
    vendors: ofVendors.length,
    vendorsAt95: ofVendors.filter(({ recall }) => recall >= 0.95).length,
    vendorRecall: mean(ofVendors),
    genericRecall: mean(list.filter(({ vendor }) => GENERIC.has(vendor))),
    below: list.filter(({ recall }) => recall < 0.95),
    generic: list.filter(({ vendor }) => GENERIC.has(vendor)),
  }
}

/** Null where nothing was asked. */
const mean = (rows) =>
  rows.length === 0
    ? null
    : rows.reduce((sum, { found }) => sum + found, 0) / rows.reduce((sum, { of }) => sum + of, 0)

function falsePositives(directory) {
  const bySignal = {}
  const places = []
  let bytes = 0
  let ms = 0
  for (const path of textsIn(directory, 0)) {
    const text = readFileSync(path, 'utf8')
    bytes += Buffer.byteLength(text)
    const before = performance.now()
    const found = inspectNow(text).sightings.filter(({ signal }) => signal.startsWith('secret.'))
    ms += performance.now() - before
    for (const { signal, start } of found) {
      bySignal[signal] = (bySignal[signal] ?? 0) + 1
      places.push(`${path}:${text.slice(0, start).split('\n').length} ${signal}`)
    }
  }
  const megabytes = bytes / 1e6
  const generic = places.filter((place) => GENERIC.has(place.split(' ').at(-1))).length
  return {
    megabytes,
    megabytesPerSecond: (megabytes / ms) * 1_000,
    vendorPerMegabyte: (places.length - generic) / megabytes,
    genericPerMegabyte: generic / megabytes,
    bySignal,
    places,
  }
}

function* textsIn(directory, depth) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory() && depth < 6) yield* textsIn(path, depth + 1)
    else if (entry.isFile() && /^readme|\.md$|^package\.json$/i.test(entry.name)) yield path
  }
}

function print(name, part) {
  console.log(`\n${name}`)
  for (const [key, value] of Object.entries(part)) {
    if (typeof value === 'number')
      console.log(`  ${key.padEnd(22)} ${Number.isInteger(value) ? value : value.toFixed(3)}`)
    else if (Array.isArray(value)) for (const row of value) console.log(`  ${key}: ${rowOf(row)}`)
    else console.log(`  ${key}: ${JSON.stringify(value)}`)
  }
}

const rowOf = (row) =>
  typeof row === 'string' ? row : `${row.vendor} ${row.found}/${row.of} (${row.exact} by its own signal)`

const report = {
  ...(options.data === undefined && options.text === undefined ? { own: ownRecall() } : {}),
  ...(options.data === undefined ? {} : { gitleaks: oracleRecall(options.data) }),
  ...(options.text === undefined ? {} : { text: falsePositives(options.text) }),
}
if (options.json) console.log(JSON.stringify(report))
else for (const [name, part] of Object.entries(report)) print(name, part)
