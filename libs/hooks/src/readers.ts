import type { JsonObject, LocalAction } from '@writ/contracts'
import type { Told, ToolReader } from './dialect.ts'
import { objectsIn, own, textIn, textOr, textsIn } from './fields.ts'

// What the tools of the clients take, by the kind of action. Each reader answers null where a member that says what would happen is
// missing, has another type, or stands there twice under different names.

export function shell(...names: readonly string[]): ToolReader {
  return (input, told) => one(textIn(input, names), (command) => shellAction(command, told))
}

/** A command as a list of words, or as one text. */
export function shellWords(name: string): ToolReader {
  return (input, told) => {
    const words = textsIn(input, name)
    if (words === null) return null
    const command = words.length === 1 ? (words[0] ?? '') : words.map(quoted).join(' ')
    return [shellAction(command, told)]
  }
}

export function powershell(...names: readonly string[]): ToolReader {
  return (input) => one(textIn(input, names), (command) => ({ kind: 'shell', command, shell: 'powershell' }))
}

export function shellInput(...names: readonly string[]): ToolReader {
  return (input) => one(textOr(input, names, ''), (text) => ({ kind: 'shell.input', text }))
}

export function fileRead(...names: readonly string[]): ToolReader {
  return (input) => one(textIn(input, names), (path) => ({ kind: 'file.read', path }))
}

export function fileDelete(...names: readonly string[]): ToolReader {
  return (input) => one(textIn(input, names), (path) => ({ kind: 'file.delete', path }))
}

/** The whole new content. */
export function fileWrite(paths: readonly string[], texts: readonly string[]): ToolReader {
  return (input) => {
    const path = textIn(input, paths)
    const text = textOr(input, texts, '')
    return path === null || text === null ? null : [{ kind: 'file.write', path, text }]
  }
}

export type EditNames = {
  readonly path: readonly string[]
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** A file that was written by whomever, where the client says which; otherwise something of the client's own. */
export function fileTouched(name: string, tool: string): ToolReader {
  return (input) => {
    const path = textOr(input, [name], '')
    if (path === '') return [{ kind: 'client.tool', tool, args: input }]
    return path === null ? null : [{ kind: 'file.write', path }]
  }
}

/** One replacement; a tool that only inserts names no text before. */
export function fileEdit(names: EditNames): ToolReader {
  return (input) => {
    const path = textIn(input, names.path)
    const edit = editOf(input, names)
    return path === null || edit === null ? null : [{ kind: 'file.write', path, edits: [edit] }]
  }
}

/** A list of replacements in one file. */
export function fileEdits(list: string, names: EditNames): ToolReader {
  return (input) => {
    const path = textIn(input, names.path)
    const edits = objectsIn(input, list)?.map((edit) => editOf(edit, names))
    if (path === null || !edits?.every((edit) => edit !== null)) return null
    return [{ kind: 'file.write', path, edits }]
  }
}

/** A list of replacements, each with a file of its own. */
export function filesEdits(list: string, names: EditNames): ToolReader {
  return (input, told) => {
    const single = fileEdit(names)
    const read = objectsIn(input, list)?.map((edit) => single(edit, told))
    return read !== undefined && read.length > 0 && read.every((actions) => actions !== null)
      ? read.flat()
      : null
  }
}

export function filePatch(...names: readonly string[]): ToolReader {
  return (input) => one(textIn(input, names), (patch) => ({ kind: 'file.patch', patch }))
}

/** Files by name. The pattern may leave the directory that it begins in, so its fixed beginning is part of the path. */
export function fileGlob(paths: readonly string[], patterns: readonly string[]): ToolReader {
  return (input) => {
    const path = textOr(input, paths, '.')
    const pattern = textOr(input, patterns, '*')
    return path === null || pattern === null ? null : [{ kind: 'file.search', ...searched(path, pattern) }]
  }
}

/**
 * Files by content: the pattern is no path. What says by their names which files are read is a search of its own: it may name one of them, and
 * one that is hidden or ignored otherwise.
 */
export function fileGrep(
  paths: readonly string[],
  patterns: readonly string[],
  names: readonly string[] = [],
): ToolReader {
  return (input, told) => {
    const path = textOr(input, paths, '.')
    const pattern = textOr(input, patterns, '')
    const globs = names.map((name) => globsIn(input, name, told))
    if (path === null || pattern === null || !globs.every((one) => one !== null)) return null
    return [
      { kind: 'file.search', path, pattern },
      ...globs.flat().map((glob): LocalAction => ({ kind: 'file.search', ...searched(path, glob) })),
    ]
  }
}

/** Several may stand in one text, between spaces or commas. Null: what stands there is no text, or one that nobody writes. */
function globsIn(input: JsonObject, name: string, { windowsShell }: Told): readonly string[] | null {
  if (own(input, name) === undefined) return []
  const texts = textsIn(input, name)
  // To take them apart takes the square of their length.
  if (texts === null || texts.join().length > LONGEST_GLOBS) return null
  return (
    texts
      .flatMap((text) => text.split(/\s+|,(?![^{]*\})/))
      .filter((text) => text !== '' && !text.startsWith('!'))
      // elsewhere than on Windows it stands before what is meant as it is
      .map((text) => (windowsShell === null ? text.replaceAll(/\\(?=[^\w\s])/g, '') : text))
  )
}
const LONGEST_GLOBS = 4096

export function fetchUrl(...names: readonly string[]): ToolReader {
  return (input) => one(textIn(input, names), (url) => ({ kind: 'network.fetch', url }))
}

export function fetchUrls(name: string): ToolReader {
  return (input) => some(textsIn(input, name), (url) => ({ kind: 'network.fetch', url }))
}

/** A text in which addresses stand, each of which is fetched: an address ends where a space is, for quotes and commas may be part of it. */
export function fetchText(name: string): ToolReader {
  return (input) => {
    const text = textIn(input, [name])
    const urls = text?.match(/https?:\/\/\S+/gi) ?? null
    return some(urls, (url) => ({ kind: 'network.fetch', url }))
  }
}

export function webSearch(...names: readonly string[]): ToolReader {
  return (input) => one(textOr(input, names, ''), (query) => ({ kind: 'web.search', query }))
}

export function agentStart(...names: readonly string[]): ToolReader {
  return (input) => one(textOr(input, names, ''), (task) => ({ kind: 'agent.start', task }))
}

/** What reads a resource of an MCP server: a call of that server like any. */
export function mcpResource(serverName: string): ToolReader {
  return (input) =>
    one(textIn(input, [serverName]), (server) => ({
      kind: 'mcp.call',
      server,
      tool: 'resources/read',
      args: input,
    }))
}

/** Tools of the client that reach nothing outside the conversation. */
export function clientTools(...names: readonly string[]): Readonly<Record<string, ToolReader>> {
  return Object.fromEntries(
    names.map((tool) => [tool, (input: JsonObject) => [{ kind: 'client.tool', tool, args: input }]]),
  )
}

const one = (text: string | null, make: (text: string) => LocalAction): readonly LocalAction[] | null =>
  text === null ? null : [make(text)]

const some = (
  texts: readonly string[] | null,
  make: (text: string) => LocalAction,
): readonly LocalAction[] | null => (texts === null || texts.length === 0 ? null : texts.map(make))

const shellAction = (command: string, { windowsShell }: Told): LocalAction =>
  windowsShell === null ? { kind: 'shell', command } : { kind: 'shell', command, shell: windowsShell }

/** One word of a shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

function editOf(input: JsonObject, names: EditNames): { before: string; after: string } | null {
  const before = textOr(input, names.before, '')
  const after = textOr(input, names.after, '')
  return before === null || after === null ? null : { before, after }
}

function searched(path: string, pattern: string): { path: string; pattern: string } {
  const fixed = /^[^*?[\]{}]*[/\\]/.exec(pattern)?.[0] ?? ''
  if (fixed === '') return { path, pattern }
  const isAbsolute = /^(?:[/\\~]|[A-Za-z]:)/.test(fixed)
  return { path: isAbsolute ? fixed : `${path}/${fixed}`, pattern: pattern.slice(fixed.length) }
}
