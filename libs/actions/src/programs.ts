import { ActionClass } from '@writ/contracts'
import { strictestOf } from './classes.ts'
import { classOfPath } from './paths.ts'
import { tableOf } from './words.ts'

/** Class of one simple command by its program, subcommand, flags and paths; null for a program that is not known. */
export function classOfProgram(words: readonly string[]): ActionClass | null {
  const [program = '', ...rest] = withoutPrefix(words)
  const name = program.replace(/^.*[/\\]/, '').toLowerCase()
  const byProgram = PARTICULAR.get(name)?.(rest) ?? PROGRAMS.get(name)
  if (byProgram === undefined) return null
  return strictestOf([byProgram, ...classesOfPaths(rest, byProgram)])
}

const ASSIGNMENT = /^[A-Za-z_]\w*=/
const WRAPPERS = new Set(['command', 'nohup', 'time', 'nice', 'env'])

/** `FOO=1 nohup git status` is `git status`. */
function withoutPrefix(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => !ASSIGNMENT.test(word) && !WRAPPERS.has(word))
  return at === -1 ? words : words.slice(at)
}

function classesOfPaths(words: readonly string[], byProgram: ActionClass): readonly ActionClass[] {
  const use = isWriting(byProgram) || has(words, REDIRECTED) ? 'write' : 'read'
  return words.flatMap((word) => classOfPath(word.replace(REDIRECTED, '').replace(/^[^=]*=/, ''), use) ?? [])
}

const REDIRECTED = /^\d?>+/

const isWriting = (actionClass: ActionClass): boolean => !actionClass.startsWith('read.')

const has = (words: readonly string[], pattern: RegExp): boolean => words.some((word) => pattern.test(word))

const PROGRAMS = tableOf(ActionClass.options, {
  'read.public': 'echo printf date cal true false pwd whoami uname which type sleep',
  'read.private':
    'ls cat head tail less more grep rg wc sort uniq cut diff cmp stat file du df tree jq nl basename dirname realpath cd',
  'write.local': 'touch mkdir cp mv ln tee patch',
  'write.shared': 'gh glab',
  'sink.external': 'scp rsync sftp ftp nc ncat telnet mail sendmail',
  exec: 'sh bash zsh fish dash ssh node deno bun python python3 perl ruby php make npx pnpx uvx xargs docker podman kubectl terraform npm pnpm yarn pip pip3 uv cargo go gem brew apt apt-get',
  destructive: 'rm rmdir unlink shred dd mkfs truncate',
  admin: 'sudo su doas chmod chown chgrp useradd usermod passwd systemctl crontab iptables mount',
  credential: 'pass op vault gpg security',
})

const GIT_READS = /^(?:status|log|diff|show|blame|branch|ls-files|rev-parse|describe|shortlog|remote|fetch)$/
const GIT_DESTROYS = /^(?:clean|filter-branch|filter-repo)$/

/** Where the program alone does not say it. */
const PARTICULAR: ReadonlyMap<string, (words: readonly string[]) => ActionClass> = new Map<
  string,
  (words: readonly string[]) => ActionClass
>([
  ['git', classOfGit],
  ['curl', (words) => (has(words, CURL_SENDS) ? 'sink.external' : 'read.untrusted')],
  ['wget', (words) => (has(words, /^--(?:post|body|method)/) ? 'sink.external' : 'read.untrusted')],
  [
    'find',
    (words) =>
      has(words, /^-delete$/) ? 'destructive' : has(words, /^-(?:exec|ok)/) ? 'exec' : 'read.private',
  ],
  ['sed', (words) => (has(words, /^(?:-i|--in-place)/) ? 'write.local' : 'exec')],
])

const CURL_SENDS = /^(?:-d|-F|-T|--data|--form|--upload-file|--json|-X(?!GET$|HEAD$).*|--request)/

function classOfGit(words: readonly string[]): ActionClass {
  const [verb = ''] = words
  // A flag before the verb may set anything, the programs that git runs included.
  if (verb.startsWith('-')) return 'exec'
  if (GIT_DESTROYS.test(verb) || has(words, /^(?:--hard|-D|--delete)$/)) return 'destructive'
  if (verb === 'push') return has(words, /^(?:-f|--force.*|\+.*)$/) ? 'destructive' : 'write.shared'
  return GIT_READS.test(verb) ? 'read.private' : 'write.local'
}
