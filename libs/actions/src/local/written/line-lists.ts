import type { Declared } from './declared.ts'

const linesOf = (text: string): readonly string[] => text.split(/\r?\n/).slice(0, MAX_LINES)
const MAX_LINES = 20_000

type Named = readonly [name: string, word: string]

const NO_SCRIPTS: ReadonlyMap<string, string> = new Map()

/** `requirements.txt` and constraints: a word for each line, and options that say where packages come from. */
export function readRequirements(text: string): Declared {
  const lines = linesOf(text.replaceAll(/\\\r?\n/g, ' ')).map((line) =>
    line.replace(/(?:^|\s)#.*$/, '').trim(),
  )
  const options = lines.flatMap((line) => {
    const match = OPTION.exec(line)
    return match === null ? [] : [{ name: match[1] ?? '', value: match[2] ?? '' }]
  })
  const editable = options.filter(({ name }) => /^(?:-e|--editable)$/.test(name))
  const words = lines.map((line) => line.replace(/\s+--.*$/, '')).filter((word) => /^[^-]/.test(word))
  return {
    packages: new Map<string, string>([
      ...words.map((word): Named => [/^[\w.-]+/.exec(word)?.[0] ?? word, word]),
      ...editable.map(({ value }): Named => [value, value]),
    ]),
    scripts: NO_SCRIPTS,
    places: options
      .filter(({ name, value }) => !editable.some((one) => one.value === value) && isPlace(name, value))
      .map(({ value }) => value),
  }
}

const OPTION =
  /^(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host|-r|--requirement|-c|--constraint|-e|--editable)[\s=]+(\S+)/

/** Other lists of the workspace are read when they are written. */
const isPlace = (option: string, value: string): boolean =>
  !/^(?:-r|-c|--requirement|--constraint)$/.test(option) || value.includes('://')

/** `go.mod`: what is required, and what it is replaced by. */
export function readGoMod(text: string): Declared {
  const named: Named[] = []
  let block = ''
  for (const raw of linesOf(text)) {
    const line = raw.replace(/\/\/.*$/, '').trim()
    const opens = /^(\w+)\s*\($/.exec(line)?.[1]
    if (opens === undefined && line !== ')') named.push(...moduleIn(`${block} ${line}`.trim().split(/\s+/)))
    block = opens ?? (line === ')' ? '' : block)
  }
  return { packages: new Map(named), scripts: NO_SCRIPTS, places: [] }
}

function moduleIn([verb, name = '', ...rest]: readonly string[]): readonly Named[] {
  if (verb === 'replace') return [[`replace ${name}`, replacement(rest.slice(rest.indexOf('=>') + 1))]]
  return verb === 'require' || verb === 'tool' ? [[name, versioned(name, rest[0])]] : []
}

/** `replace a v1 => b v2`: what is fetched is `b`. */
const replacement = ([name = '', version]: readonly string[]): string =>
  /^[./]/.test(name) ? name : `https://${versioned(name, version)}`

const versioned = (name: string, version: string | undefined): string =>
  version === undefined ? name : `${name}@${version}`

/** `Gemfile`. */
export function readGemfile(text: string): Declared {
  const lines = linesOf(text)
  return {
    packages: new Map(lines.flatMap((line) => gemIn(line))),
    scripts: NO_SCRIPTS,
    places: lines.flatMap((line) => /^\s*(?:source|git|github)[\s(]+["']([^"']+)/.exec(line)?.[1] ?? []),
  }
}

function gemIn(line: string): readonly Named[] {
  const [, name, rest = ''] = /^\s*gem[\s(]+["']([^"']+)["'](.*)$/.exec(line) ?? []
  if (name === undefined) return []
  const elsewhere = /\b(?:git|github|gitlab|gist|source|bitbucket)(?::|\s*=>)\s*["']([^"']+)["']/.exec(
    rest,
  )?.[1]
  const version = /^\s*,\s*["']([^"']+)["']/.exec(rest)?.[1]?.replace(/^[=~> ]+/, '')
  return [[name, elsewhere === undefined ? versioned(name, version) : `git+${elsewhere}`]]
}
