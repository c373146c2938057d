import { escapes } from './printf.ts'

/** A piece of code: its words with each string taken out, its strings with neighbours joined, and lists of strings as command lines. */
export type CodeParts = {
  readonly words: string
  readonly strings: readonly string[]
  readonly lists: readonly string[]
  /** words and strings together, as the code says them after joining */
  readonly all: string
}

const MAX_STRINGS = 64

export function codeParts(code: string, language: string, home: string): CodeParts {
  const strings: string[] = []
  const words = named(code.slice(0, MAX_CODE), home).replaceAll(STRING, (found: string) => {
    if (strings.length >= MAX_STRINGS) return found
    const isRun = found.startsWith('`') && /^(?:perl|ruby|php|raku)$/.test(language)
    strings.push(escapes(found.slice(1, -1)))
    return `${isRun ? ' ` ' : ''}§${strings.length - 1}§`
  })
  const joinedUp = joinNeighbours(words, strings)
  const known = uniqueOf(joinedUp.strings)
  const lists = [...joinedUp.words.matchAll(LIST)].map(([list]) => asLine(stringsIn(list, joinedUp.strings)))
  const all = joinedUp.words.replaceAll(/§(\d+)§/g, (_, at: string) => joinedUp.strings[Number(at)] ?? '')
  return { words: joinedUp.words, strings: [...known, ...unquoted(joinedUp.words, language)], lists, all }
}
const MAX_CODE = 16_384

/** The interpreter that runs the code, and the home directory, by the names that a language has for them. */
const named = (code: string, home: string): string =>
  code
    .replaceAll(/\bsys\.executable\b/g, "'python3'")
    .replaceAll(/\bprocess\.execPath\b/g, "'node'")
    .replaceAll(HOMES, `'${home.replaceAll("'", '')}'`)
const HOMES =
  /(?:require\(\s*['"](?:node:)?os['"]\s*\)|\bos)\.homedir\(\)|\bhomedir\(\)|\b(?:pathlib\.)?Path\.home\(\)|\bDir\.home\b(?:\(\))?|\b(?:os\.path\.)?expanduser\(\s*['"]~['"]\s*\)|\bDeno\.env\.get\(\s*['"]HOME['"]\s*\)|\bos\.UserHomeDir\(\)|\bBun\.env\.HOME\b|\bprocess\.env\.HOME\b|\bprocess\.env\[['"]HOME['"]\]|\bos\.environ\[['"]HOME['"]\]|\bos\.(?:environ\.get|getenv)\(\s*['"]HOME['"]\s*\)|\$?ENV[[{]['"]?HOME['"]?[\]}]|\bgetenv\(\s*['"]HOME['"]\s*\)|\$_SERVER\[['"]HOME['"]\]/g

/** Quotes of three, then of one; backticks; escapes stay inside. */
const STRING =
  /'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`/g
const LIST = /[[(]\s*§\d+§(?:\s*,\s*[[(]?\s*§\d+§)+/g

/** Words of a command; where the first is a format, the others fill it. */
function asLine(strings: readonly string[]): string {
  const [format = '', ...rest] = strings
  if (!format.includes('%s')) return strings.join(' ')
  const left = [...rest]
  return format.replaceAll('%s', () => left.shift() ?? '')
}

const uniqueOf = (strings: readonly string[]): readonly string[] =>
  [...new Set(strings.map((text) => text.replaceAll(/^["']{1,2}|["']{1,2}$/g, '')))].filter(
    (text) => text !== '',
  )

/** `'r' + 'm'`, `'r' . 'm'`, `'r' 'm'`, and names that stand for a string. */
function joinNeighbours(words: string, strings: string[]): { words: string; strings: string[] } {
  const all = [...strings]
  let text = words
  for (let round = 0; round < MAX_STRINGS; round += 1) {
    const match = JOINS.exec(text)
    if (match === null) break
    const between = /[/,]/.test(match[2] ?? '') ? '/' : ''
    all.push((all[Number(match[1])] ?? '') + between + (all[Number(match[3])] ?? ''))
    text = `${text.slice(0, match.index)}§${all.length - 1}§${text.slice(match.index + match[0].length)}`
  }
  return { words: text, strings: all }
}

/** Two strings with an operator that joins them; with a slash or inside of `join(…)` they are parts of a path. */
const JOINS =
  /§(\d+)§\s*((?:\+|\.\.?|~|<>|\/|\)?\s*\.joinpath\()?|(?<=\b(?:path\.join|path\.resolve|File\.join|join|resolve)\(\s*§\d+§\s*),)\s*§(\d+)§/

const stringsIn = (list: string, strings: readonly string[]): readonly string[] =>
  [...list.matchAll(/§(\d+)§/g)].map((match) => strings[Number(match[1])] ?? '')

/** `%x(rm x)`, `qx{rm x}`, `q(…)`: quotes of their own. */
const unquoted = (words: string, language: string): readonly string[] => {
  if (/^(?:perl|ruby|raku)$/.test(language))
    return [...words.matchAll(OWN_QUOTES)].map(
      (match) => match.slice(1).find((text) => text !== undefined) ?? '',
    )
  // a word of Tcl is a string
  return /^(?:tclsh|wish|expect)$/.test(language) ? (words.match(/(?<=[\s{[])[~./][\w./~-]+/g) ?? []) : []
}
const OWN_QUOTES =
  /(?:%[xqQwWi]?|\bq[qxw]?\s*)(?:\(([^)]*)\)|\{([^}]*)\}|\[([^\]]*)\]|<([^>]*)>|\|([^|]*)\||!([^!]*)!|\/([^/]*)\/)/g

/** What the strings and numbers of the code say once they are decoded. */
export function decodedLiterals({ strings, words }: CodeParts): readonly string[] {
  const fromBase64 = strings
    .filter((text) => /^[A-Za-z0-9+/]{8,}={0,2}$/.test(text))
    .map((text) => Buffer.from(text, 'base64').toString('utf8'))
  const fromHex = strings
    .filter((text) => /^(?:[\da-f]{2}){4,}$/i.test(text))
    .map((text) => Buffer.from(text, 'hex').toString('utf8'))
  const codes = [...words.matchAll(/\b(?:0x[\da-f]{2}|\d{2,3})\b/gi)].map(([code]) => Number(code))
  const fromCodes =
    codes.length > 3 && codes.every((code) => code < 256) ? [String.fromCharCode(...codes)] : []
  const backwards = /\[::-1\]|reverse|strrev/.test(words)
    ? strings.map((text) => Array.from(text).toReversed().join(''))
    : []
  return [...fromBase64, ...fromHex, ...fromCodes, ...backwards].filter(
    (text) => !text.includes('\ufffd') && /^[\n\t -~]+$/.test(text),
  )
}
