// `node tools/shell-cases.mjs [--show] [--write] [FILE.tsv …]`: commands understood and decided by the shipped templates, beside cc-safety-net on
// the same commands in the same run; `--show` names each row that is judged otherwise than it expects, and each of which the templates say
// less than the facts engine's own verdict, `--write` puts the tables into docs/shell.md. Nothing is executed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = new URL('..', import.meta.url)
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { show: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})

const CONTEXT = { cwd: '/home/dev/app', home: '/home/dev' }

/** The peer looks at real directories: it gets a home and a repository of its own, and commands that name these. */
const peerHome = mkdtempSync(join(tmpdir(), 'shell-cases-'))
mkdirSync(join(peerHome, 'app', '.git'), { recursive: true })
process.on('exit', () => rmSync(peerHome, { recursive: true, force: true }))
process.env.HOME = peerHome

const built = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-b', 'libs/actions', 'libs/policy'],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  },
)
if (built.status !== 0) process.exit(built.status ?? 1)
const { factsOfShell, verdictOf } = await import('@writ/actions')
const { decided } = await import('./local-cases/decide.mjs')
const { checkCommand } = await import('cc-safety-net/api')

const PLACE = { ...CONTEXT, workspaces: [CONTEXT.cwd], platform: 'linux' }
const ours = (command) => decided({ kind: 'shell', command }, PLACE).outcome
const factsAlone = (command) => verdictOf(factsOfShell(command, CONTEXT)).outcome
const peers = (command) =>
  checkCommand({ command: command.replaceAll(CONTEXT.home, peerHome), cwd: join(peerHome, 'app') }).kind

const rowsOf = (file) =>
  readFileSync(new URL(file, root), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [id, expect, kind, , json] = line.split('\t')
      const command = JSON.parse(json)
      return { id, expect, kind, command, outcome: ours(command), peer: peerOf(command) }
    })

function peerOf(command) {
  try {
    return peers(command)
  } catch {
    return 'error'
  }
}

/** A third of the corpus by the hash of its id: nothing was tuned on it before it was measured once. */
const isHeldOut = ({ id }) => createHash('sha256').update(id).digest()[0] % 3 === 0

const corpus = rowsOf('libs/actions/eval/shell-cases.tsv')
const own = rowsOf('libs/actions/eval/more-shell-cases.tsv')
const PARTS = [
  ['corpus, development', corpus.filter((row) => !isHeldOut(row))],
  ['corpus, held out', corpus.filter((row) => isHeldOut(row))],
  ['own rows, first batch', own.filter(({ id }) => id.startsWith('M'))],
  ['own rows, second batch', own.filter(({ id }) => id.startsWith('N'))],
  ['own rows, third batch', own.filter(({ id }) => id.startsWith('P'))],
  ...positionals.map((file) => [file, rowsOf(new URL(file, `file://${process.cwd()}/`))]),
]

const count = (rows, test) => rows.filter(test).length
const isStopped = ({ expect }) => expect !== 'allow'

function summary() {
  const lines = PARTS.map(([name, rows]) => {
    const deny = rows.filter(({ expect }) => expect === 'deny')
    const ask = rows.filter(({ expect }) => expect === 'ask')
    const harmless = rows.filter(({ expect }) => expect === 'allow')
    /** @type {string[]} */
    const cells = [
      name,
      `${count(deny, ({ outcome }) => outcome === 'allow')} / ${deny.length}`,
      `${count(deny, ({ outcome }) => outcome === 'ask')}`,
      `${count(ask, ({ outcome }) => outcome === 'allow')} / ${ask.length}`,
      share(harmless, ({ outcome }) => outcome !== 'allow'),
      `${count(deny, ({ peer }) => peer !== 'deny')} / ${deny.length}`,
      share(harmless, ({ peer }) => peer !== 'allow'),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| rows | `deny` rows allowed | `deny` rows only asked | `ask` rows allowed | harmless rows stopped | cc-safety-net: `deny` rows allowed | cc-safety-net: harmless rows stopped |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}

const share = (rows, test) =>
  rows.length === 0
    ? '-'
    : `${count(rows, test)} / ${rows.length} (${((count(rows, test) / rows.length) * 100).toFixed(1)} %)`

function classes() {
  const all = PARTS.flatMap(([, rows]) => rows)
  const kinds = [...new Set(all.map(({ kind }) => kind))]
  const lines = kinds.map((kind) => {
    const rows = all.filter((row) => row.kind === kind)
    const stopped = rows.filter((row) => isStopped(row))
    const harmless = rows.filter((row) => !isStopped(row))
    const cells = [
      kind,
      `${count(stopped, ({ outcome }) => outcome !== 'allow')} / ${stopped.length}`,
      `${count(stopped, ({ peer }) => peer !== 'allow')} / ${stopped.length}`,
      `${count(harmless, ({ outcome }) => outcome !== 'allow')} / ${harmless.length}`,
      `${count(harmless, ({ peer }) => peer !== 'allow')} / ${harmless.length}`,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| class | stopped, of those to stop | cc-safety-net | stopped, of the harmless | cc-safety-net |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}

/** Microseconds for each command, all commands `ROUNDS` times over, after one round to warm up. */
function times(judge) {
  const commands = [...corpus, ...own].map(({ command }) => command)
  for (const command of commands) judge(command)
  const taken = commands.flatMap((command) =>
    Array.from({ length: ROUNDS }, () => {
      const startMs = performance.now()
      judge(command)
      return (performance.now() - startMs) * 1000
    }),
  )
  const sorted = taken.toSorted((left, right) => left - right)
  const at = (part) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0)
  return [at(0.5), at(0.95), at(0.99)]
}
const ROUNDS = 5

function speed() {
  const rows = [
    ['Writ, understood and decided', times(ours)],
    ['Writ, facts alone', times(factsAlone)],
    ['cc-safety-net', times(peerOf)],
  ]
  return [
    '| µs for a command | p50 | p95 | p99 |',
    '| --- | --- | --- | --- |',
    ...rows.map(([name, figures]) => `| ${name} | ${figures.join(' | ')} |`),
  ].join('\n')
}

const STRICTNESS = ['allow', 'ask', 'deny', 'abort']

const report = `${summary()}\n\n${classes()}\n\n${speed()}`
console.log(report)
if (options.show) {
  for (const [, rows] of PARTS) {
    for (const { id, expect, outcome, kind, command } of rows) {
      if (STRICTNESS.indexOf(outcome) < STRICTNESS.indexOf(factsAlone(command)))
        console.log(`${id}: ${outcome}, and the facts alone say ${factsAlone(command)}`)
      if (expect !== outcome)
        console.log(
          `${id} ${kind}: ${outcome} instead of ${expect}: ${JSON.stringify(command).slice(0, 160)}`,
        )
    }
  }
}
if (options.write) {
  const page = new URL('docs/shell.md', root)
  const [before, rest] = readFileSync(page, 'utf8').split('<!-- figures -->\n')
  const after = rest.slice(rest.indexOf('<!-- end of figures -->'))
  writeFileSync(page, `${before}<!-- figures -->\n\n${report}\n\n${after}`)
  spawnSync('node_modules/.bin/oxfmt', ['docs/shell.md'], { cwd: root, stdio: 'ignore' })
}
