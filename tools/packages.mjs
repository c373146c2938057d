// `node tools/packages.mjs build FOLDER [--popular FILE] [--out FILE]`: makes a `writ.packages.v1` document from a folder of advisories in OSV
// form (one JSON each, as the public collections of malicious packages have them) and a list of well-known names, one `npm/react` a line.
// `node tools/packages.mjs show FILE [npm/name@version …]`: what a document holds, and what it says of these.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = new URL('..', import.meta.url)
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { popular: { type: 'string' }, out: { type: 'string' }, title: { type: 'string' } },
})
const [verb, subject, ...named] = positionals
if ((verb !== 'build' && verb !== 'show') || subject === undefined) {
  console.error('usage: node tools/packages.mjs build FOLDER [--popular FILE] [--out FILE] [--title TEXT]')
  console.error('       node tools/packages.mjs show FILE [npm/name@version …]')
  process.exit(2)
}

const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'libs/actions'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
if (built.status !== 0) process.exit(built.status ?? 1)
const { createPackageKnowledge, makeIntelligence, reportsOfAdvisory } = await import('@writ/actions')
const { PackageEcosystem, PackageIntelligence } = await import('@writ/contracts')

if (verb === 'build') build(subject)
else show(subject)

function build(folder) {
  const counts = { files: 0, unreadable: 0 }
  const reports = []
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue
    counts.files += 1
    try {
      reports.push(...reportsOfAdvisory(JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8'))))
    } catch {
      counts.unreadable += 1
    }
  }
  const document = PackageIntelligence.parse(
    makeIntelligence({
      title: options.title ?? 'Malicious packages by public advisories',
      madeAt: new Date().toISOString(),
      sources: [...new Set([`${counts.files} advisories in OSV form`])],
      reports,
      popular: options.popular === undefined ? {} : popularIn(readFileSync(options.popular, 'utf8')),
    }),
  )
  const text = `${JSON.stringify(document)}\n`
  if (options.out === undefined) process.stdout.write(text)
  else writeFileSync(options.out, text)
  console.error(`${counts.files} files, ${counts.unreadable} unreadable, ${reports.length} packages reported`)
  if (counts.unreadable > 0) process.exitCode = 1
}

/** `npm/react`, one a line, most used first; `#` begins a remark. */
function popularIn(text) {
  /** @type {Record<string, string[]>} */
  const names = {}
  for (const line of text.split('\n').map((one) => one.replace(/#.*$/, '').trim())) {
    const at = line.indexOf('/')
    const ecosystem = PackageEcosystem.safeParse(line.slice(0, at))
    if (line === '') continue
    if (!ecosystem.success) throw new Error(`no ecosystem of ours: ${line}`)
    const list = (names[ecosystem.data] ??= [])
    list.push(line.slice(at + 1))
  }
  return names
}

function show(file) {
  const document = PackageIntelligence.parse(JSON.parse(readFileSync(file, 'utf8')))
  console.log(`${document.title}, ${document.madeAt}`)
  for (const [ecosystem, { malicious, popular }] of Object.entries(document.ecosystems))
    console.log(
      `${ecosystem}: ${Buffer.from(malicious, 'base64').length / 8} malicious, ${popular.length} well known`,
    )
  const knowledge = createPackageKnowledge({
    intelligence: document,
    rules: { allow: [], deny: [], coolDownHours: 0 },
  })
  for (const text of named) {
    const [, ecosystem = '', name = '', version = null] = /^([^/]+)\/(.+?)(?:@([^@/]+))?$/.exec(text) ?? []
    const wanted = { ecosystem: PackageEcosystem.parse(ecosystem), name, version }
    console.log(text, JSON.stringify(knowledge.standingOf(wanted)))
  }
}
