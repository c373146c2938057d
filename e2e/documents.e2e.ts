import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { REFUSALS } from '@writ/contracts'
import { ConfigSchema as AuditWorker } from '../apps/audit-worker/src/config.ts'
import { ConfigSchema as Cli } from '../apps/cli/src/config.ts'
import { ConfigSchema as ControlPlane, MigrationConfigSchema } from '../apps/control-plane/src/config.ts'
import { ConfigSchema as Gateway } from '../apps/gateway/src/config.ts'

const text = (path: string): string => readFileSync(path, 'utf8')
const namesIn = (path: string, pattern: RegExp): string[] =>
  [...text(path).matchAll(pattern)].map(([, name]) => name ?? '')

const PAGES = ['.', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
)

/** What a heading is called in an address. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const cellsOf = (row: string): number => row.split(/(?<!\\)\|/).length

describe('the documents', () => {
  it.each([
    ['control plane', ControlPlane],
    ['migration step', MigrationConfigSchema],
    ['gateway', Gateway],
    ['audit worker', AuditWorker],
    ['command line', Cli],
  ])('name every variable of the %s', (_program, { shape }) => {
    const documented = namesIn('docs/configuration.md', /`([A-Z_]{5,})`/g)
    expect(documented).toEqual(expect.arrayContaining(Object.keys(shape)))
  })

  it('name every metric, and none that is not there', () => {
    const named = ['observability', 'outlets'].flatMap((page) =>
      namesIn(`docs/${page}.md`, /`(writ_[a-z_]+)`/g),
    )
    const made = [
      'gateway/src/gauges.ts',
      'gateway/src/views.ts',
      'audit-worker/src/telling.ts',
      'control-plane/src/bundles/counted-outlet.ts',
      'control-plane/src/outlets/outlet-metrics.ts',
      'control-plane/src/transparency/log-metrics.ts',
      'control-plane/src/record-index/index-standing.ts',
    ].flatMap((file) => namesIn(`apps/${file}`, /'(writ_[a-z_]+)'/g))
    expect([...named].sort()).toEqual(made.sort())
  })

  it('name only commands that exist', () => {
    const scripts = namesIn('package.json', /"([a-z]+)": "(?:node|tsc|oxfmt|nx) /g)
    for (const file of ['README.md', 'CONTRIBUTING.md']) {
      for (const command of namesIn(file, /npm run ([a-z]+)/g))
        expect([file, scripts]).toEqual([file, expect.arrayContaining([command])])
    }
  })

  it('name every room in the architecture, and none that is not there', () => {
    const named = namesIn('ARCHITECTURE.md', /^\| `((?:libs|apps)\/[a-z-]+)`/gm)
    const there = ['apps', 'libs'].flatMap((floor) => readdirSync(floor).map((room) => `${floor}/${room}`))
    expect([...named].sort()).toEqual(there.sort())
  })

  it('point at files that are there', () => {
    for (const page of PAGES) {
      for (const target of namesIn(page, /\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g))
        expect([page, target, existsSync(join(dirname(page), target))]).toEqual([page, target, true])
    }
    for (const spec of namesIn('docs/threats.md', /`(e2e\/[\w./-]+)`/g))
      expect([spec, existsSync(spec)]).toEqual([spec, true])
  })

  it('point at headings that are there', () => {
    for (const page of PAGES) {
      for (const link of namesIn(page, /\]\((?!https?:)([^)]*#[^)]+)\)/g)) {
        const [file = '', anchor = ''] = link.split('#')
        const there = namesIn(file === '' ? page : join(dirname(page), file), /^#+ (.+)$/gm).map(anchorOf)
        expect([page, link, there]).toEqual([page, link, expect.arrayContaining([anchor])])
      }
    }
  })

  it('give each row of a table the cells of its head', () => {
    for (const page of PAGES) {
      for (const [table] of text(page).matchAll(/^\|.*\n(?:\|.*(?:\n|$))+/gm)) {
        const [head = '', ...rows] = table.trimEnd().split('\n')
        for (const row of rows) expect([page, row, cellsOf(row)]).toEqual([page, row, cellsOf(head)])
      }
    }
  })

  it('list every decision', () => {
    const decisions = readdirSync('docs/decisions').filter((file) => /^\d{4}-/.test(file))
    expect(namesIn('docs/decisions/README.md', /\]\(([^)]+)\)/g)).toEqual(decisions.toSorted())
  })

  // Nobody but a clone has a program of that name: elsewhere npx asks a registry, where it is anybody's to take.
  it('have no client start writ by npx, because its folder is not the clone', () => {
    for (const page of PAGES)
      expect([page, text(page)]).not.toEqual([page, expect.stringMatching(/"npx"[^}]*"writ"/)])
  })

  it('leave no refusal without a test that names it', () => {
    const specs = ['apps', 'libs', 'e2e'].flatMap((floor) =>
      readdirSync(floor, { recursive: true, encoding: 'utf8' })
        .filter(
          (file) => /\.(spec|suite|e2e)\.ts$/.test(file) && !/node_modules|dist|refusal\.spec/.test(file),
        )
        .map((file) => text(`${floor}/${file}`)),
    )
    const unnamed = Object.keys(REFUSALS).filter((code) => !specs.some((spec) => spec.includes(`'${code}'`)))
    expect(unnamed).toEqual([])
  })

  it('keep the architecture on one page', () => {
    expect(text('ARCHITECTURE.md').split('\n').length).toBeLessThan(110)
  })
})
