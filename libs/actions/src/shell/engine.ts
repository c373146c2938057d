import { parse } from 'unbash'
import { deletePath, readFile, readTree, TREE, writeFile } from './files.ts'
import { MAX_COMMAND, normalise } from './normalise.ts'
import type { ShellContext, ShellFacts } from './facts.ts'
import { isAtOrInside } from './paths.ts'
import { runText, runWords } from './run.ts'
import { copyOf, MAX_WORK, possible, type Shared, type State } from './state.ts'
import { asScript, isKnown, literal, unknownFrom, type Value } from './text.ts'
import { runNode, runScript } from './walk.ts'

/**
 * What a shell command does, read without running it: normalised, bounded, parsed, folded and followed through wrappers, interpreters, pipes
 * and files that it makes itself. What cannot be read and matters is a fact of its own. Pure and bounded by work, whatever the command is.
 */
export function factsOfShell(command: string, context: ShellContext): ShellFacts {
  const shared = sharedOf(context)
  const state = stateOf(shared)
  const { text, faults } = normalise(command)
  for (const fault of faults) possible(state, 'unresolvable', 'command', fault)
  if (!faults.includes('nested too deeply')) {
    runScript(state, parse(text), null)
    if (command.length > MAX_COMMAND) runScript(stateOf(shared), parse(text.slice(text.indexOf('\n'))), null)
    runUncalled(state)
  }
  return factsIn(shared)
}

/** What touching these paths means, as if a command had done it: read, searched below, written or deleted. */
export function factsOfPlaces(touched: readonly Touched[], context: ShellContext): ShellFacts {
  const shared = sharedOf(context)
  const state = stateOf(shared)
  for (const { kind, path, by } of touched) TOUCHES[kind](state, path, by)
  return factsIn(shared)
}

const factsIn = ({ facts, uses, files, spelled, scripts }: Shared): ShellFacts => ({
  facts: [...facts.values()],
  spelled,
  scripts: [...scripts],
  uses: [...uses.values()],
  written: [...files].flatMap(([path, { text, origin }]) =>
    origin === undefined && path.startsWith('/') && text.trim() !== '' && isKnown(text) && text !== TREE
      ? [{ path, text: asScript(text) }]
      : [],
  ),
})

export type Touched = {
  readonly kind: 'read' | 'search' | 'write' | 'delete'
  readonly path: string
  /** who does it, for people */
  readonly by: string
}

const TOUCHES: Readonly<Record<Touched['kind'], (state: State, path: string, by: string) => void>> = {
  read: (state, path, by) => void readFile(state, literal(path), by),
  search: (state, path, by) => void readTree(state, path, by),
  write: (state, path, by) => writeFile(state, literal(path), { value: unknownFrom(0), by }),
  delete: (state, path, by) => deletePath(state, path, { isRecursive: true, by }),
}

const DEFAULT_TRUSTED = ['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org']

function sharedOf(context: ShellContext): Shared {
  const { workspaces: given = [] } = context
  const workspaces = given.length > 0 ? given : [context.cwd]
  return {
    context: {
      cwd: context.cwd,
      home: context.home,
      platform: context.platform ?? 'linux',
      workspace: workspaces.find((one) => isAtOrInside(context.cwd, one)) ?? workspaces[0] ?? context.cwd,
      workspaces,
      trustedHosts: new Set(context.trustedHosts ?? DEFAULT_TRUSTED),
      installedPackages: new Set(context.installedPackages ?? []),
    },
    facts: new Map(),
    uses: new Map(),
    spelled: new Map(),
    absolutes: new Map(),
    scripts: new Set(),
    files: new Map(),
    remotes: new Map(),
    uncalled: new Map(),
    run: { script: runScript, text: runText, words: runWords, node: runNode },
    workLeft: MAX_WORK,
  }
}

function stateOf(shared: Shared): State {
  return {
    shared,
    vars: variablesOf(shared.context),
    functions: new Map(),
    aliases: new Map(),
    descriptors: new Map(),
    positional: null,
    calls: [],
    choice: 0,
    choices: 1,
    depth: 0,
    via: [],
    span: [0, 0],
    isNested: false,
  }
}

/** What a shell has set before it reads anything, as far as it says something. */
function variablesOf({ home, cwd }: Shared['context']): Map<string, readonly Value[]> {
  const user = home.split('/').at(-1) ?? 'user'
  return new Map(
    Object.entries({
      HOME: home,
      PWD: cwd,
      OLDPWD: cwd,
      USER: user,
      LOGNAME: user,
      SHELL: '/bin/bash',
      TMPDIR: '/tmp',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      XDG_CONFIG_HOME: `${home}/.config`,
      XDG_CACHE_HOME: `${home}/.cache`,
      XDG_DATA_HOME: `${home}/.local/share`,
      XDG_RUNTIME_DIR: '/run/user/1000',
      IFS: ' \t\n',
    }).map(([name, text]) => [name, [literal(text)]] as const),
  )
}

/** A function that nothing calls may be called later, by name. */
function runUncalled(state: State): void {
  for (const body of state.shared.uncalled.values()) {
    const inner = { ...copyOf(state), positional: [literal('function')], isNested: true }
    runNode(inner, body, null)
  }
}
