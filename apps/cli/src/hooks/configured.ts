import { getNodeValue } from 'jsonc-parser'
import { parse } from 'smol-toml'
import { z } from 'zod'
import type { Content, HookProgram } from './hook-file.ts'
import { isOurs, treeOf } from './merge-json.ts'
import type { Platform } from './places.ts'

/** How a client's configuration starts our hook for one event: words, or a line for a shell. */
export type Configured =
  | { readonly form: 'words'; readonly words: readonly string[] }
  | { readonly form: 'line'; readonly line: string; readonly shell: 'sh' | 'cmd' | 'powershell' }

/** What the file says, whoever wrote it; null: nothing of ours for this event. */
export function configuredIn(
  text: string,
  form: Content['form'],
  asked: { readonly event: string; readonly platform: Platform },
): Configured | null {
  const inScript = /^const HOOK = (\[.*\])$/m.exec(text)?.[1]
  if (inScript !== undefined) return wordsIn(inScript)
  const read = Hooks.safeParse(treeIn(text, form)).data?.hooks[asked.event]
  const entry = Array.isArray(read) ? read.find(isOurs) : undefined
  const { data } = Entry.safeParse(entry)
  const command = data?.hooks?.find(isOurs) ?? data
  return command === undefined ? null : commandOf(command, asked.platform)
}

const Hooks = z.object({ hooks: z.record(z.string(), z.unknown()) })
const Command = z.object({
  command: z.string().optional(),
  args: z.array(z.string()).optional(),
  bash: z.string().optional(),
  powershell: z.string().optional(),
})
const Entry = Command.extend({ hooks: z.array(Command).optional() })

function treeIn(text: string, form: Content['form']): unknown {
  try {
    return form === 'toml' ? parse(text) : getNodeValue(treeOf(text))
  } catch {
    return null
  }
}

function wordsIn(text: string): Configured | null {
  const words = z.array(z.string()).safeParse(JSON.parse(text))
  return words.success ? { form: 'words', words: words.data } : null
}

function commandOf(
  { command, args, bash, powershell }: z.infer<typeof Command>,
  platform: Platform,
): Configured | null {
  if (command !== undefined && args !== undefined) return { form: 'words', words: [command, ...args] }
  const isWindows = platform === 'win32'
  if (isWindows && powershell !== undefined) return { form: 'line', line: powershell, shell: 'powershell' }
  const line = command ?? bash
  return line === undefined ? null : { form: 'line', line, shell: isWindows ? 'cmd' : 'sh' }
}

/** The hook client in it, without the name of the client at its end; null: not in a form that we write. */
export function programIn(configured: Configured): HookProgram | null {
  const words = configured.form === 'words' ? configured.words : wordsOf(configured.line)
  const [program, ...args] = words?.slice(0, -1) ?? []
  return program === undefined ? null : [program, ...args]
}

/** The words of a line that has nothing but plain and quoted words. */
function wordsOf(line: string): readonly string[] | null {
  const bare = line.replace(/^& /, '')
  const words = bare.match(/'(?:[^']|'\\''|'')*'|"[^"]*"|[^\s'"]+/g) ?? []
  return words.join(' ') === bare ? words.map(unquoted) : null
}

const unquoted = (word: string): string =>
  word.startsWith("'")
    ? word.slice(1, -1).replaceAll("'\\''", "'").replaceAll("''", "'")
    : word.replaceAll('"', '')
