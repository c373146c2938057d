import { has, readFlags, type Call } from './call.ts'
import { LOOKS_ONLY, READERS, SILENT_GREP, USED_NOT_SHOWN } from './data/operands.ts'
import { isRemoteFile, readPlace, readTree } from './files.ts'
import { resolvePath } from './paths.ts'
import { guardOf, persistenceOf } from './places.ts'
import { possible, spend, sure, type State } from './state.ts'
import { isFrom, REMOTE, shown, type Value } from './text.ts'

/** What the paths among the arguments say, whatever the program is: nearly anything that takes a file can show it. */
export function operandFacts(call: Call): void {
  const { state, name } = call
  if (/^(?:chmod|chattr|chown|chgrp|setfacl|xattr)$/.test(name)) rightsFacts(call)
  if (LOOKS_ONLY.has(name) || isSilent(call)) return
  const pattern = patternOf(call)
  const seen = new Set<string>()
  for (const [at, { text }] of call.args.entries()) {
    if (seen.has(text) || !spend(state)) continue
    seen.add(text)
    for (const path of isUsed(call, at) || call.args[at] === pattern ? [] : pathsIn(text))
      operandFact(call, path, text)
  }
}

/** What is looked for is no path: the first operand, unless an option says it. */
function patternOf({ name, args }: Call): Value | undefined {
  if (!/^(?:[efz]?grep|rg|ag|ack)$/.test(name)) return undefined
  const flags = readFlags(args, GREP_VALUED)
  const isSaid = has(flags, '-e', '--regexp', '-f', '--file', '--files')
  return isSaid || flags.operands.length < 2 ? undefined : flags.operands[0]
}
export const GREP_VALUED =
  '-e --regexp -f --file -A -B -C -m --max-count --after-context --before-context --context --include --exclude --exclude-dir -g --glob -t --type -T -d -D --color --colour --replace -M -j'

/** A file that is used and not shown, by its option: behind `=`, or as the next argument. */
const isUsed = ({ args }: Call, at: number): boolean =>
  optionEnd(args[at]) === '=' || (at > 0 && optionEnd(args[at - 1]) === '')

const optionEnd = (arg: Value | undefined): string | undefined =>
  USED_NOT_SHOWN.exec(arg?.text ?? '')?.groups?.['value']

/** Prints nothing of what it reads. */
const isSilent = ({ name, args }: Call): boolean =>
  /grep$|^rg$|^ag$/.test(name) && args.some(({ text }) => SILENT_GREP.test(text))

function operandFact({ state, name }: Call, path: string, text: string): void {
  if (RECURSIVE.test(name) && !text.startsWith('-')) readTree(state, path, name)
  else readPlace(state, resolvePath(state, path), name)
  if (!READERS.has(name)) touched(state, path, name)
}
const RECURSIVE = /^(?:zip|7za?|rar|borg|restic|rclone|grep|rg|ag|ack|tar|bsdtar|cpio|pax)$/

/** Programs that run a file which stands among their arguments, or is piped in. */
export function fetchedFacts(call: Call): void {
  if (!RUNNERS.test(call.name)) return
  const given = call.args.find(
    (arg) => isFrom(arg, REMOTE) || (!arg.text.startsWith('-') && isRemoteFile(call.state, arg.text)),
  )
  if (given !== undefined)
    sure(call.state, 'download_run', given.text, `${call.name} runs what was fetched from elsewhere`)
  if (call.stdin !== null && isFrom(call.stdin, REMOTE))
    possible(call.state, 'download_run', call.name, `${call.name} runs what was fetched from elsewhere`)
}
const RUNNERS =
  /^(?:java|javaw|jshell|mono|wine|wine64|dotnet|installer|hdiutil|ansible-playbook|psql|mysql|sqlite3|kubectl|helm|vim|nvim|vi|ex|emacs|gdb|msiexec|rundll32|regsvr32|rpm|dpkg|insmod|make|gmake|docker|podman|crontab|at|batch|source|patch|swift|rustc|gcc|cc|tcc|go|qemu-system-x86_64)$/

/** Words that may be paths in an argument: itself, and what stands after `=`, `@`, `:` or a one-letter option. */
export function pathsIn(text: string): readonly string[] {
  if (text.length > MAX_PATH || text.includes('\n')) return []
  const parts = [text, text.slice(text.indexOf('=') + 1), text.slice(text.indexOf('@') + 1)]
  if (text.includes(':')) parts.push(...text.split(':'))
  if (/^-[A-Za-z][./~]/.test(text)) parts.push(text.slice(2))
  return [...new Set(parts)].filter((one) => one !== '' && !one.startsWith('-') && !/^[a-z]+:\/\//i.test(one))
}
const MAX_PATH = 1024

/** Who may read or run a safeguard is part of it. */
function rightsFacts({ state, args, name }: Call): void {
  for (const { text } of args) {
    const path = resolvePath(state, text)
    if (!text.startsWith('-') && guardOf(state, path))
      sure(state, 'guard_tamper', path, `${name} changes ${shown(path)}`)
  }
}

/** A program that is no known reader may have changed it. */
function touched(state: State, word: string, by: string): void {
  const path = resolvePath(state, word)
  if (guardOf(state, path)) possible(state, 'guard_tamper', path, `${by} may change ${shown(path)}`)
  if (persistenceOf(state, path) === 'sure')
    possible(state, 'persistence', path, `${by} may change ${shown(path)}`)
}

export const isPath = (text: string): boolean => text.includes('/')
