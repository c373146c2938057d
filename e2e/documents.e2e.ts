import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { ConfigSchema as AuditWorker } from '../apps/audit-worker/src/config.ts'
import { ConfigSchema as Cli } from '../apps/cli/src/config.ts'
import { ConfigSchema as ControlPlane, MigrationConfigSchema } from '../apps/control-plane/src/config.ts'
import { ConfigSchema as Gateway } from '../apps/gateway/src/config.ts'

const text = (path: string): string => readFileSync(path, 'utf8')
const namesIn = (path: string, pattern: RegExp): string[] =>
  [...text(path).matchAll(pattern)].map(([, name]) => name ?? '')

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
    for (const file of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
      for (const target of namesIn(file, /\]\((?!https?:)([^)#]+)\)/g))
        expect([file, target, existsSync(target)]).toEqual([file, target, true])
    }
    for (const spec of namesIn('docs/threats.md', /`(e2e\/[\w./-]+)`/g))
      expect([spec, existsSync(spec)]).toEqual([spec, true])
  })

  it('keep the architecture on one page', () => {
    expect(text('ARCHITECTURE.md').split('\n').length).toBeLessThan(110)
  })
})
