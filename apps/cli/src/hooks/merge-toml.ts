import { isDeepStrictEqual } from 'node:util'
import { parse } from 'smol-toml'
import type { Content, TomlValue } from './hook-file.ts'
import { Unmergeable } from './merge-json.ts'

type Toml = Extract<Content, { form: 'toml' }>

const BEGIN = '# writ: begin'
const END = '# writ: end'
/** On a line of ours; after `was:` what stood there. */
const MARK = '# writ'

/**
 * The text with our keys and tables in it. Lines are put in and nothing is written anew, so comments and layout stay; what came out is
 * read again and compared with what was meant, so a file in a form that lines cannot be put into is left alone.
 * @throws Unmergeable
 */
export function mergedToml(text: string | null, content: Toml): string {
  const before = unmergedToml(text ?? '')
  const lines = before === '' ? [] : before.replace(/\n$/, '').split('\n')
  for (const value of content.values) putValue(lines, value)
  const merged = `${[...lines, BEGIN, content.tables.trimEnd(), END].join('\n')}\n`
  const [read, wanted] = [treeIn(merged), meant(treeOf(before), content)]
  if (read !== null && isDeepStrictEqual(plain(read), plain(wanted))) return merged
  throw new Unmergeable('our lines would not be read there as they are meant')
}

/** The text without our lines; a line that one of ours stood for comes back. */
export function unmergedToml(text: string): string {
  const out: string[] = []
  let isOurs = false
  for (const line of text.split('\n')) {
    if (line === BEGIN) isOurs = true
    const was = / # writ, was: (.*)$/.exec(line)?.[1]
    if (!isOurs && (was !== undefined || !line.endsWith(` ${MARK}`))) out.push(was ?? line)
    if (line === END) isOurs = false
  }
  return out.join('\n')
}

function putValue(lines: string[], { table, key, value }: TomlValue): void {
  const head = table === '' ? -1 : lines.findIndex((line) => headOf(line) === table)
  if (table !== '' && head < 0) return void lines.push(`[${table}] ${MARK}`, `${key} = ${value} ${MARK}`)
  const next = lines.findIndex((line, at) => at > head && line.trimStart().startsWith('['))
  const end = next < 0 ? lines.length : next
  const found = lines.findIndex((line, at) => at > head && at < end && keyOf(line) === key)
  if (found < 0) return void lines.splice(head + 1, 0, `${key} = ${value} ${MARK}`)
  const was = lines[found] ?? ''
  if (valueOf(was) !== value) lines[found] = `${key} = ${value} ${MARK}, was: ${was}`
}

const headOf = (line: string): string | undefined => /^\s*\[\s*([\w.-]+)\s*\]\s*(?:#.*)?$/.exec(line)?.[1]
const keyOf = (line: string): string | undefined => /^\s*([\w-]+)\s*=/.exec(line)?.[1]
const valueOf = (line: string): string | undefined => /=\s*(.*?)\s*(?:#.*)?$/.exec(line)?.[1]

type Table = { [name: string]: unknown }

/** Tables of the reader have no prototype, ours have. */
const plain = (tree: Table): unknown => JSON.parse(JSON.stringify(tree))

function treeOf(text: string): Table {
  const tree = treeIn(text)
  if (tree === null) throw new Unmergeable('it is not readable as TOML')
  return tree
}

function treeIn(text: string): Table | null {
  try {
    return parse(text)
  } catch {
    return null
  }
}

/** What there was, with our values set and the items of our tables behind those that are there. */
function meant(before: Table, { values, tables }: Toml): Table {
  const wanted = structuredClone(before)
  for (const { table, key, value } of values) {
    const at = table === '' ? wanted : tableIn(wanted, table)
    at[key] = value === 'true' ? true : value.slice(1, -1)
  }
  for (const [name, ours] of Object.entries(treeOf(tables))) {
    const at = tableIn(wanted, name)
    for (const [key, items] of Object.entries(isTable(ours) ? ours : {}))
      at[key] = [...listIn(at[key]), ...listIn(items)]
  }
  return wanted
}

function tableIn(tree: Table, name: string): Table {
  const found = (tree[name] ??= {})
  if (!isTable(found)) throw new Unmergeable('our lines would not be read there as they are meant')
  return found
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
