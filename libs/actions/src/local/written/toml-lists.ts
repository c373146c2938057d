import type { Declared } from './declared.ts'
import { readTomlLines, stringsIn, type TomlLine } from './toml-lines.ts'

/** `pyproject.toml`, `Pipfile`: lists of PEP 508 words, and tables of names. */
export function readPyproject(text: string): Declared {
  const lines = readTomlLines(text)
  const listed = lines.filter(({ section, key }) => PY_LISTS.test(`${section}.${key}`))
  const tabled = lines.filter(({ section }) => PY_TABLES.test(section))
  const built = lines.filter(({ section, key }) => section === 'build-system' && key.startsWith('b'))
  return {
    packages: new Map([
      ...listed.flatMap(({ value }) => stringsIn(value).map((word) => [bare(word), word] as const)),
      ...tabled.map((line) => [line.key, wordOf(line, '==')] as const),
    ]),
    scripts: new Map(built.map(({ key, value }) => [key, value])),
    places: lines.filter(({ key }) => PY_PLACES.test(key)).flatMap(({ value }) => stringsIn(value)),
  }
}

const PY_LISTS =
  /^(?:project\.(?:dependencies|optional-dependencies.*)|dependency-groups\..*|build-system\.requires|tool\.(?:uv|pdm)\.(?:dev-dependencies|constraint-dependencies|override-dependencies).*|tool\.hatch\..*dependencies)$/
const PY_TABLES = /^(?:tool\.poetry\.(?:.*\.)?(?:dev-)?dependencies|tool\.uv\.sources|packages|dev-packages)$/
const PY_PLACES = /^(?:url|index-url|index_url|default-index|extra-index-url|find-links)$/

const bare = (word: string): string => /^[\w.-]+/.exec(word.trim())?.[0] ?? word

/** `Cargo.toml`. */
export function readCargo(text: string): Declared {
  const lines = readTomlLines(text)
  const built = lines.filter(({ section, key }) => section === 'package' && key === 'build')
  return {
    packages: new Map(lines.flatMap((line) => crateIn(line))),
    scripts: new Map(built.map(({ key, value }) => [key, value])),
    places: lines
      .filter(({ section, key }) => /^(?:source|registries)\b/.test(section) || key === 'replace-with')
      .flatMap(({ value }) => stringsIn(value)),
  }
}

const CARGO_TABLE = /(?:^|\.)(?:(?:dev-|build-)?dependencies|patch\.[\w-]+|replace)(?:\.([\w-]+))?$/

/** A line of `[dependencies]`, or of `[dependencies.name]`. */
function crateIn(line: TomlLine): readonly (readonly [string, string])[] {
  const table = CARGO_TABLE.exec(line.section)
  if (table === null || line.key === 'workspace') return []
  const named = table[1]
  const whole = named === undefined ? line : { ...line, key: named, value: `{${line.key} = ${line.value}}` }
  return [[`${line.section} ${line.key}`, wordOf(whole, '@')]]
}

/** What stands right of a name: a version, or a table that may name another source. */
function wordOf({ key, value }: TomlLine, joiner: string): string {
  const member = (name: string): string | undefined =>
    new RegExp(`\\b${name}\\s*=\\s*["']([^"']+)`).exec(value)?.[1]
  const git = member('git')
  const path = member('path')
  const elsewhere =
    git === undefined ? (member('url') ?? member('registry-index')) : git.replace(/^(?!git\+)/, 'git+')
  if (elsewhere !== undefined) return elsewhere
  if (path !== undefined) return `file:${path}`
  const version = member('version') ?? stringsIn(value)[0]
  const name = member('package') ?? key
  return version === undefined ? name : `${name}${joiner}${version.replace(/^[=^~]+/, '')}`
}
