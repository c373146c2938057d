import { has, lineOf, readFlags, textsOf, valuesOf, valuesUnder, type Call, type Program } from '../call.ts'
import { GIT_SHOWS } from '../data/git.ts'
import { deletePath, readPlace, writePlace } from '../files.ts'
import { pathsIn } from '../operands.ts'
import { absoluteOf, resolvePath } from '../paths.ts'
import { guardOf, isInWorkspace, isSecret } from '../places.ts'
import { assign, copyOf, cwdOf, deeper, possible, sure, use } from '../state.ts'
import { isFrom, isKnown, joined, literal, REMOTE, shown, STAR, unknownFrom, type Value } from '../text.ts'
import { optionFacts, trusts } from './git-options.ts'
import { cloned, fetched, pushed, remote } from './git-remotes.ts'
import { config, configured, runValue } from './git-settings.ts'
import { diffed } from './patches.ts'

const GLOBAL_VALUED = '-C -c --git-dir --work-tree --namespace --config-env --exec-path --super-prefix'

export const GIT: Readonly<Record<string, Program>> = {
  git: (call) => git(call),
  hub: (call) => git(call),
  yadm: (call) => git(call),
}

function git(call: Call): Value | undefined {
  const flags = readFlags(call.args, GLOBAL_VALUED, true)
  const state = copyOf(call.state)
  for (const folder of valuesOf(flags, '-C', '--work-tree'))
    assign(state, 'PWD', literal(absoluteOf(state, folder.text)))
  const inner: Call = { ...call, state }
  const aliases = configured(inner, valuesOf(flags, '-c', '--config-env'))
  const [verb, ...rest] = flags.operands
  if (verb === undefined) return undefined
  use(call.state, 'run', `git ${verb.text}`)
  const alias = aliases.get(verb.text)
  if (alias !== undefined) return aliased(inner, alias, rest)
  const told: Call = { ...inner, name: `git ${verb.text}`, args: rest }
  for (const value of valuesUnder(call.args, ['--exec-path', '--git-dir'])) trusts(told, value)
  optionFacts(told, verb.text)
  if (GIT_SHOWS.test(verb.text) || verb.text === 'add') showsFiles(inner, verb.text, rest)
  if (/^(?:checkout|restore|stash|mv|clean|reset|apply|switch)$/.test(verb.text))
    changesGuards(inner, verb.text, rest)
  const run = VERBS[verb.text]
  return run === undefined ? undefined : run(told)
}

function changesGuards(call: Call, verb: string, rest: readonly Value[]): void {
  for (const { text } of rest) {
    const path = resolvePath(call.state, text)
    if (guardOf(call.state, path))
      sure(call.state, 'guard_tamper', path, `git ${verb} changes ${shown(path)}`)
  }
}

function aliased(call: Call, alias: Value, rest: readonly Value[]): Value | undefined {
  const inner = deeper(call.state, 'git alias')
  if (inner === null) return undefined
  const text = alias.text.startsWith('!') ? alias.text.slice(1) : `git ${alias.text}`
  return inner.shared.run.text(inner, joined([{ ...alias, text }, ...rest], ' '), null)
}

/** Any file of any revision, by its path or as `revision:path`. */
function showsFiles(call: Call, verb: string, rest: readonly Value[]): void {
  for (const text of textsOf(rest)) {
    for (const path of pathsIn(text.replace(/^:?\(.*?\)/, ''))) {
      const absolute = resolvePath(call.state, path)
      if (verb === 'add') {
        if (isSecret(call.state, absolute))
          possible(
            call.state,
            'credential_read',
            absolute,
            `git add takes ${shown(absolute)} into the repository`,
          )
      } else readPlace(call.state, absolute, `git ${verb}`)
    }
  }
}

const VERBS: Readonly<Record<string, Program>> = {
  push: (call) => pushed(call),
  clone: (call) => cloned(call),
  remote: (call) => remote(call),
  config: (call) => config(call),
  clean: (call) => {
    const flags = readFlags(call.args, '-e --exclude')
    if (has(flags, '-n', '--dry-run') || !has(flags, '-f', '--force')) return undefined
    const folder = cwdOf(call.state)
    if (!isInWorkspace(call.state, `${folder}/x`))
      sure(call.state, 'destructive_delete', folder, 'git clean removes what is not in the repository')
    possible(call.state, 'data_destroy', 'untracked files', 'git clean removes what is not in the repository')
    return undefined
  },
  reset: (call) => asked(call, ['--hard', '--merge'], 'throws uncommitted work away'),
  checkout: (call) => discarded(call),
  restore: (call) => {
    const flags = readFlags(call.args, '-s --source')
    if (!has(flags, '--staged', '-S') || has(flags, '--worktree', '-W'))
      possible(call.state, 'data_destroy', lineOf(flags.operands), 'throws uncommitted work away')
    return undefined
  },
  switch: (call) => asked(call, ['--discard-changes', '-f', '--force'], 'throws uncommitted work away'),
  stash: (call) => {
    if (/^(?:drop|clear)$/.test(call.args[0]?.text ?? ''))
      possible(call.state, 'data_destroy', 'stash', 'throws stashed work away')
    return undefined
  },
  rm: (call) => {
    const flags = readFlags(call.args)
    if (!has(flags, '--cached', '-n', '--dry-run'))
      for (const { text } of flags.operands.filter((one) => isKnown(one.text)))
        deletePath(call.state, text, { isRecursive: has(flags, '-r'), by: 'git rm' })
    return undefined
  },
  worktree: (call) => {
    const [verb] = readFlags(call.args, '-b -B --reason').operands
    return verb?.text === 'remove' ? asked(call, ['-f', '--force'], 'removes a working tree') : undefined
  },
  bundle: (call) => {
    const [verb, path] = readFlags(call.args).operands
    if (verb?.text === 'create' && path !== undefined) written(call, path)
    return undefined
  },
  mv: (call) => {
    const target = readFlags(call.args).operands.at(-1)
    if (target !== undefined) written(call, target)
    return undefined
  },
  'credential-cache': (call) => askedPassword(call),
  'credential-manager': (call) => askedPassword(call),
  'credential-osxkeychain': (call) => askedPassword(call),
  'credential-libsecret': (call) => askedPassword(call),
  'credential-wincred': (call) => askedPassword(call),
  branch: (call) =>
    asked(call, ['-D', '-M', '-C', '-f', '--force'], 'drops or moves a branch', 'history_tamper'),
  tag: (call) => asked(call, ['-d', '--delete', '-f', '--force'], 'drops or moves a tag', 'history_tamper'),
  'update-ref': (call) => asked(call, [], 'moves a reference', 'history_tamper'),
  'symbolic-ref': (call) =>
    call.args.length > 1 ? asked(call, ['-d', '--delete'], 'moves a reference', 'history_tamper') : undefined,
  replace: (call) => asked(call, [], 'replaces objects', 'history_tamper'),
  'filter-branch': (call) => {
    for (const name of [
      '--tree-filter',
      '--index-filter',
      '--msg-filter',
      '--env-filter',
      '--parent-filter',
      '--commit-filter',
    ]) {
      for (const value of valuesOf(readFlags(call.args, name), name)) runValue(call, name, value)
    }
    return asked(call, [], 'rewrites the history', 'history_tamper')
  },
  'filter-repo': (call) => asked(call, [], 'rewrites the history', 'history_tamper'),
  reflog: (call) => {
    if (/^(?:expire|delete)$/.test(call.args[0]?.text ?? ''))
      sure(call.state, 'history_tamper', 'reflog', 'drops the log of references')
    return undefined
  },
  gc: (call) => asked(call, ['--prune'], 'drops what nothing refers to', 'history_tamper'),
  prune: (call) => asked(call, [], 'drops what nothing refers to', 'history_tamper'),
  commit: (call) => {
    const flags = readFlags(call.args, '-m -F -C -c --message --author --date')
    if (has(flags, '-n', '--no-verify'))
      possible(call.state, 'history_tamper', 'hooks', 'goes round the hooks of the repository')
    return undefined
  },
  rebase: (call) => {
    for (const value of valuesOf(readFlags(call.args, '-x --exec -s -X --onto'), '-x', '--exec'))
      runValue(call, 'rebase --exec', value)
    return undefined
  },
  bisect: (call) => (call.args[0]?.text === 'run' ? ran(call, call.args.slice(1)) : undefined),
  submodule: (call) => {
    const at = textsOf(call.args).indexOf('foreach')
    if (at >= 0)
      runValue(
        call,
        'submodule foreach',
        joined(
          call.args.slice(at + 1).filter(({ text }) => text !== '--recursive'),
          ' ',
        ),
      )
    return undefined
  },
  difftool: (call) => tools(call),
  mergetool: (call) => tools(call),
  grep: (call) => {
    for (const value of valuesOf(
      readFlags(call.args, '-O --open-files-in-pager'),
      '-O',
      '--open-files-in-pager',
    ))
      if (!value.text.startsWith('-')) runValue(call, 'grep -O', value)
    return undefined
  },
  'ls-remote': (call) => fetched(call),
  fetch: (call) => fetched(call),
  pull: (call) => fetched(call),
  daemon: (call) => asked(call, [], 'offers the repository to the network', 'exfiltration'),
  'send-email': (call) => asked(call, [], 'sends mail', 'exfiltration'),
  credential: (call) => {
    if (call.args[0]?.text === 'fill')
      sure(call.state, 'credential_read', 'git credential', 'asks for a stored password')
    return undefined
  },
  'credential-store': (call) => asked(call, [], 'handles stored passwords', 'credential_read'),
  'rev-parse': (call) =>
    call.args.some(({ text }) => text === '--show-toplevel')
      ? literal(call.state.shared.context.workspace)
      : unknownFrom(0),
  apply: (call) => {
    diffed(call, '--directory -p --exclude --include')
    return isFrom(call.stdin ?? literal(''), REMOTE)
      ? asked(call, [], 'applies a patch from elsewhere', 'download_run')
      : undefined
  },
  am: (call) =>
    isFrom(call.stdin ?? literal(''), REMOTE)
      ? asked(call, [], 'applies a patch from elsewhere', 'download_run')
      : undefined,
}

type Kind = 'data_destroy' | 'history_tamper' | 'exfiltration' | 'credential_read' | 'download_run'

function asked(call: Call, options: readonly string[], why: string, kind: Kind = 'data_destroy'): undefined {
  if (options.length === 0 || has(readFlags(call.args), ...options))
    possible(call.state, kind, lineOf(call.args), `${call.name} ${why}`)
}

function askedPassword(call: Call): undefined {
  if (call.args.some(({ text }) => text === 'get'))
    sure(call.state, 'credential_read', call.name, 'asks for a stored password')
}

const written = ({ state, name }: Call, { text }: Value): void =>
  writePlace(state, resolvePath(state, text), name)

function ran(call: Call, words: readonly Value[]): Value | undefined {
  const inner = deeper(call.state, call.name)
  return inner?.shared.run.words(inner, words, null)
}

function tools(call: Call): undefined {
  for (const value of valuesOf(readFlags(call.args, '-x --extcmd -t'), '-x', '--extcmd'))
    runValue(call, 'difftool -x', value)
}

function discarded(call: Call): undefined {
  const flags = readFlags(call.args, '-b -B')
  const texts = textsOf(call.args)
  const paths = texts.includes('--')
    ? texts.slice(texts.indexOf('--') + 1)
    : texts.filter((text) => /^\.{1,2}\/?$|^:\/|^\*$/.test(text) || text.startsWith(STAR))
  if (paths.length > 0 || has(flags, '-f', '--force'))
    possible(call.state, 'data_destroy', paths.join(' '), 'throws uncommitted work away')
}
