export type TomlLine = { readonly section: string; readonly key: string; readonly value: string }

/** A value that goes on; `depth`: brackets that are still open. */
type Open = { readonly key: string; readonly parts: readonly string[]; readonly depth: number }

/** Keys with their section; a list over several lines is one value. No more of TOML is needed to see what is new. */
export function readTomlLines(text: string): readonly TomlLine[] {
  const lines: TomlLine[] = []
  let section = ''
  let open: Open | null = null
  for (const raw of text.split('\n').slice(0, MAX_LINES)) {
    const line = raw.replace(/^([^"'#]*)#.*$/, '$1').trim()
    const header: string | null = open === null ? headerIn(line) : null
    section = header ?? section
    open = header === null ? opened(open, line) : null
    if (open !== null && (open.depth <= 0 || open.parts.length > MAX_PARTS)) {
      lines.push(lineOf(section, open))
      open = null
    }
  }
  return open === null ? lines : [...lines, lineOf(section, open)]
}
const MAX_LINES = 20_000
const MAX_PARTS = 1000

const headerIn = (line: string): string | null =>
  /^\[\[?\s*([^\]]+?)\s*\]\]?$/.exec(line)?.[1]?.replaceAll(/["'\s]/g, '') ?? null

function lineOf(section: string, { key, parts }: Open): TomlLine {
  const value = parts.join('\n')
  return key === '' ? { section: 'project', key: 'dependencies', value } : { section, key, value }
}

/** A value goes on, or begins; of a piece of a list, the key is not known. */
function opened(open: Open | null, line: string): Open | null {
  if (open !== null) return { ...open, parts: [...open.parts, line], depth: open.depth + depthOf(line) }
  const match = /^("[^"]+"|'[^']+'|[\w.-]+)\s*=\s*(.*)$/s.exec(line)
  const value = match?.[2] ?? line
  if (match === null && !/^["']/.test(line)) return null
  return { key: (match?.[1] ?? '').replaceAll(/["']/g, ''), parts: [value], depth: depthOf(value) }
}

function depthOf(line: string): number {
  const bared = line.replaceAll(STRING, '')
  return (bared.match(/[[{]/g)?.length ?? 0) - (bared.match(/[\]}]/g)?.length ?? 0)
}

const STRING = /"((?:[^"\\]|\\.)*)"|'([^']*)'/g

export const stringsIn = (value: string): readonly string[] =>
  [...value.matchAll(STRING)].map(([, double, single]) => double ?? single ?? '')
