// `node tools/local-cases.mjs [--show] [--write] [FILE.tsv …]`: local actions of every kind, understood in a made-up workspace with links and
// manifests, and decided by the shipped templates; `--show` names each row that is judged otherwise than it expects, `--write` puts the table
// into docs/local-actions.md. Nothing is executed.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const root = new URL('..', import.meta.url)
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { show: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
const built = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-b', 'libs/actions', 'libs/policy'],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
)
if (built.status !== 0) process.exit(built.status ?? 1)
const { decided } = await import('./local-cases/decide.mjs')
const { PLACE, WORLD } = await import('./local-cases/world.mjs')

const files = positionals.length > 0 ? positionals : ['libs/actions/eval/local-cases.tsv']
const rows = files.flatMap((file) =>
  readFileSync(new URL(file, root), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [id, expect, kind, technique, json] = line.split('\t')
      const action = JSON.parse(json)
      const { outcome, understood } = decided(action, PLACE, WORLD)
      return { id, expect, kind, technique, action, outcome, facts: understood.facts }
    }),
)

const count = (some, test) => some.filter(test).length
const lines = [...new Set(rows.map(({ action }) => action.kind))].map((kind) => {
  const some = rows.filter(({ action }) => action.kind === kind)
  const deny = some.filter(({ expect }) => expect === 'deny')
  const ask = some.filter(({ expect }) => expect === 'ask')
  const harmless = some.filter(({ expect }) => expect === 'allow')
  const cells = [
    kind,
    `${count(deny, ({ outcome }) => outcome === 'allow')} / ${deny.length}`,
    `${count(deny, ({ outcome }) => outcome === 'ask')}`,
    `${count(ask, ({ outcome }) => outcome === 'allow')} / ${ask.length}`,
    `${count(harmless, ({ outcome }) => outcome !== 'allow')} / ${harmless.length}`,
  ]
  return `| ${cells.join(' | ')} |`
})
const report = [
  '| kind | `deny` rows allowed | `deny` rows only asked | `ask` rows allowed | harmless rows stopped |',
  '| --- | --- | --- | --- | --- |',
  ...lines,
].join('\n')
console.log(report)

if (options.show) {
  for (const { id, expect, outcome, kind, technique, action, facts } of rows) {
    if (expect === outcome) continue
    const found = facts.map((fact) => `${fact.kind} ${fact.certainty}`).join(', ')
    console.log(
      `${id} ${kind} ${technique}: ${outcome} instead of ${expect}: ${JSON.stringify(action).slice(0, 200)} [${found}]`,
    )
  }
}
if (options.write) {
  const page = new URL('docs/local-actions.md', root)
  const [before, rest] = readFileSync(page, 'utf8').split('<!-- figures -->\n')
  const after = rest.slice(rest.indexOf('<!-- end of figures -->'))
  writeFileSync(page, `${before}<!-- figures -->\n\n${report}\n\n${after}`)
  spawnSync('node_modules/.bin/oxfmt', ['docs/local-actions.md'], { cwd: root, stdio: 'ignore' })
}
