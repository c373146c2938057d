import { has, lineOf, readFlags, textsOf, valuesOf, type Call, type Flags, type Program } from '../call.ts'
import { ecosystemOf, MANAGERS, POPULAR, USUAL_TOOLS, type Manager } from '../data/packages.ts'
import { isRemoteFile, madeFile } from '../files.ts'
import { isUrl } from '../hosts.ts'
import { deeper, possible, sayWhere, sure, use, cwdOf, type State } from '../state.ts'
import { isKnown, joined, literal, shown, type Value } from '../text.ts'
import { scanCode } from './inline-code.ts'
import { hasFetchedInput } from './system.ts'
import { oneEditApart } from './edits.ts'

const NONE: Manager = { installs: /(?!)/, valued: '' }
const PIP = MANAGERS.pip ?? NONE
const NPM = MANAGERS.npm ?? NONE

/** Package managers, and the programs that run packages. */
export const PACKAGES: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(
    Object.entries(MANAGERS).map(([name, manager]) => [name, (call: Call) => managed(call, manager)]),
  ),
  pip3: (call) => managed({ ...call, name: 'pip' }, PIP),
  npx: (call) => runPackage(call, call.args),
  bunx: (call) => runPackage(call, call.args),
  pnpx: (call) => runPackage(call, call.args),
  uvx: (call) => runPackage(call, call.args),
  'npm-cli.js': (call) => managed({ ...call, name: 'npm' }, NPM),
  corepack: () => undefined,
}

function managed(call: Call, manager: Manager): Value | undefined {
  const flags = readFlags(call.args, manager.valued)
  if (isRemoteFile(call.state, `${cwdOf(call.state)}/x`) || hasFetchedInput(call.state))
    sure(call.state, 'download_run', cwdOf(call.state), `${call.name} runs scripts of what was fetched`)
  if (has(flags, '--dry-run', '--help', '--version', '-h')) return undefined
  settings(call, flags)
  // The verb may stand among options, and may itself look like one (`-S`, `-i`).
  const [first = '', second = '', third = ''] = verbsOf(call, flags)
  const verb = [`${first} ${second} ${third}`, `${first} ${second}`, first].find((one) =>
    manager.installs.test(one),
  )
  if (verb !== undefined) return installed(call, flags, { manager, verb })
  const runs = [`${first} ${second}`, first].find((one) => manager.runs?.test(one) === true)
  if (runs !== undefined)
    return runPackage(
      call,
      call.args.slice(call.args.findIndex(({ text }) => text === runs.split(' ').at(-1)) + 1),
    )
  return others(call, flags)
}

const verbsOf = (call: Call, flags: Flags): readonly string[] => {
  const words = textsOf(flags.operands).filter((text) => !text.startsWith('+'))
  const dashed = textsOf(call.args).filter((text) =>
    /^(?:-[SUi]\w*|--(?:install|install-extension|upgrade|unpack))$/.test(text),
  )
  const isDashed = /^(?:pacman|yay|dpkg|rpm|nix-env|code|cursor|codium)$/.test(call.name)
  return isDashed && dashed.length > 0 ? dashed : words[0] === 'global' ? words.slice(1) : words
}

type Install = { readonly manager: Manager; readonly verb: string }

function installed(call: Call, flags: Flags, { manager, verb }: Install): undefined {
  const { state } = call
  const named = flags.operands.filter(
    ({ text }) =>
      !verb.split(' ').includes(text) &&
      !/^(?:global|\+)/.test(text) &&
      !/^(?:install|add|package|require|tool|pip|self)$/.test(text),
  )
  const files = valuesOf(flags, '-r', '--requirement')
  for (const file of files)
    if (isUrl(file.text)) possible(state, 'package_install', file.text, 'installs a list from the network')
  for (const { text } of valuesOf(flags, '--git', '--path'))
    possible(state, 'package_install', text, `${call.name} installs from ${shown(text)}`)
  if (named.length === 0) unlocked(call, flags, manager)
  for (const word of named) packageFact(call, word)
  return undefined
}

/** Without names it is what the lock file or the list says. */
function unlocked(call: Call, flags: Flags, manager: Manager): void {
  const editable = textsOf(valuesOf(flags, '-e', '--editable'))
  const lists = textsOf(valuesOf(flags, '-r', '--requirement'))
  for (const text of editable.filter((one) => isUrl(one) || one.startsWith('git+'))) {
    sure(call.state, 'package_install', text, `installs from ${shown(text)}`)
  }
  const isLocked = manager.isLocked === true || editable.length > 0 || has(flags, '--require-hashes')
  const isMoving =
    has(flags, '-g', '--global', '--save') || /^(?:up|update|upgrade)(?: |$)/.test(lineOf(flags.operands))
  const isSystem = /^(?:apt|apt-get|dnf|yum|pacman)$/.test(call.name)
  sayWhere(call.state, call.name, [
    [isLocked && isMoving, 'package_install', 'possible', 'moves to other versions'],
    [
      isLocked && call.state.shared.files.has('package.json changed'),
      'package_install',
      'possible',
      'installs what was just added',
    ],
    [
      !isLocked && (isSystem || lists.some((text) => isUrl(text))),
      'package_install',
      'possible',
      'installs packages',
    ],
  ])
}

function packageFact(call: Call, word: Value): void {
  const { state } = call
  const spec = word.text.replace(/^.*@npm:/, '')
  use(state, 'install', `${ecosystemOf(call.name)}/${word.text}`)
  if (/^\.{0,2}\/|^\.$|^file:|^link:|^workspace:/.test(spec) && !/\.(?:deb|rpm|pkg|apk|exe|msi)$/.test(spec))
    return localPackage(call, spec)
  if (
    isUrl(spec) ||
    /^(?:git\+|github:|gitlab:|bitbucket:|git@)|\.(?:tgz|tar\.gz|whl|deb|rpm|zip)(?:$|[?#])/.test(spec)
  ) {
    return sure(state, 'package_install', spec, `${call.name} installs from ${shown(spec)}`)
  }
  const name = spec.replace(/(?<=.)[@=<>~!^].*$/, '').toLowerCase()
  const twin = twinOf(name)
  if (twin !== undefined) sure(state, 'package_install', spec, `${shown(name)} is one letter from ${twin}`)
  else possible(state, 'package_install', spec, `${call.name} installs ${shown(spec)}`)
}

function localPackage(call: Call, spec: string): void {
  if (isRemoteFile(call.state, spec))
    sure(call.state, 'download_run', spec, 'installs what was fetched from elsewhere')
}

/** A popular name that this one is taken for: one edit away, or the same with other separators. */
function twinOf(name: string): string | undefined {
  if (POPULAR.has(name) || name.length < MIN_NAME || name.includes('/')) return undefined
  const plain = name.replaceAll(/[-_.]/g, '')
  return [...POPULAR].find(
    (one) => one.length >= MIN_NAME && (oneEditApart(name, one) || (plain !== name && plain === one)),
  )
}
const MIN_NAME = 5

/** Another place to install from, or scripts that run. */
function settings(call: Call, flags: Flags): void {
  const { state } = call
  const elsewhere = valuesOf(
    flags,
    '--registry',
    ...(/^(?:gem|apt|apt-get)$/.test(call.name) ? [] : ['-i']),
    '--index-url',
    '--extra-index-url',
    '--trusted-host',
    '--index',
    '--default-index',
    '--find-links',
    '--source',
    '--add-source',
    '--server',
    ...(call.name === 'gem' ? ['-s'] : []),
  ).filter(({ text }) => /:\/\/|\./.test(text) && !/^\.{0,2}\//.test(text))
  for (const { text } of elsewhere)
    sure(state, 'package_install', text, `packages would come from ${shown(text)}`)
  const [verb, key, ...rest] = textsOf(flags.operands)
  const line = [verb, key, ...rest].join(' ')
  if (
    /^(?:config|c|set) (?:set |--global )?\S*(?:registry|index-url|global\.(?:index|extra|trusted)|proxy|npmRegistryServer)\S*[ =]\S/i.test(
      line,
    ) &&
    !/ get /.test(line)
  )
    sure(state, 'package_install', line, 'packages would come from elsewhere from now on')
  if (
    /^(?:config|set) (?:set )?(?:strict-ssl[ =]false|ignore-scripts[ =]false|script-shell|cafile)/.test(line)
  )
    possible(state, 'guard_tamper', line, 'a safeguard of installs is turned off')
  if (/^(?:pkg set|set-script) /.test(line)) {
    state.shared.files.set('package.json changed', literal(''))
    possible(state, 'package_install', line, 'package.json is changed')
  }
}

/** `npx name`, `pnpm dlx name`, `uvx name`: what is not installed is fetched and run. */
function runPackage(call: Call, args: readonly Value[]): Value | undefined {
  const { state } = call
  const flags = readFlags(
    args,
    '-p --package -c --call --from --with --registry --python -w --workspace --prefix',
    true,
  )
  for (const text of valuesOf(flags, '-c', '--call')) runHeld(call, text)
  settings(call, readFlags(args, '--registry --index-url --extra-index-url'))
  const [program, ...rest] = flags.operands
  const packages = [
    ...valuesOf(flags, '-p', '--package', '--from', '--with'),
    ...(program === undefined ? [] : [program]),
  ]
  for (const { text } of packages) runFact(state, call, text)
  if (program === undefined) return undefined
  const inner = deeper(state, call.name)
  const name = program.text.replace(/(?<=.)@[^/]*$/, '')
  return inner?.shared.run.words(inner, [{ ...program, text: name }, ...rest], call.stdin)
}

function runHeld(call: Call, text: Value): void {
  const inner = deeper(call.state, `${call.name} -c`)
  if (inner !== null) inner.shared.run.text(inner, text, null)
}

function runFact(state: State, call: Call, spec: string): void {
  use(state, 'install', `${ecosystemOf(call.name)}/${spec}`)
  const name = spec.replace(/(?<=.)[@=<>[].*$/, '')
  if (isUrl(spec) || (/^(?:git\+|github:|[\w-]+\/[\w.-]+$)/.test(spec) && !spec.startsWith('@')))
    return sure(state, 'download_run', spec, `runs a package from ${shown(spec)}`)
  const twin = twinOf(name)
  if (twin !== undefined)
    return sure(state, 'download_run', spec, `${shown(name)} is one letter from ${twin}`)
  const installedHere = state.shared.context.installedPackages
  const isPresent =
    installedHere.size > 0
      ? installedHere.has(name)
      : USUAL_TOOLS.has(name) || USUAL_TOOLS.has(name.split('/').at(-1) ?? '')
  if (isKnown(name) && isPresent) return
  possible(state, 'download_run', spec, `${call.name} may fetch and run ${shown(spec)}`)
}

/** Verbs that run something or publish. */
function others(call: Call, flags: Flags): Value | undefined {
  const { state, name } = call
  const line = lineOf(flags.operands)
  sayWhere(state, line, [
    [/^(?:publish|push|upload)\b/.test(line), 'exfiltration', 'possible', `${name} publishes a package`],
    [
      name === 'go' && /^(?:run|install) \S+@/.test(line),
      'download_run',
      'possible',
      'go runs a module from the network',
    ],
    [/^(?:login|token|adduser)\b/.test(line), 'credential_read', 'possible', `${name} handles a token`],
    [
      /^run\b/.test(line) && flags.operands.some(({ text }) => isUrl(text)),
      'download_run',
      'sure',
      `${name} runs a file from the network`,
    ],
  ])
  if (/^(?:yarn|pnpm|bun)$/.test(name)) runBin(call, flags)
  if (name === 'go' && /^run\b/.test(line)) for (const file of flags.operands.slice(1)) runSource(call, file)
  for (const { text } of valuesOf(readFlags(call.args, '--with --with-requirements --from'), '--with')) {
    possible(state, 'download_run', text, `${name} runs with ${shown(text)}`)
  }
  return name === 'uv' && /^run\b/.test(line) ? runAfter(call, 'run') : undefined
}

/** A word that is none of the manager's own is a script of the manifest or, where there is none, a program. */
function runBin(call: Call, flags: Flags): void {
  const { operands } = flags
  // To pnpm this says that what follows is a text for a shell.
  if (has(flags, '-c', '--shell-mode')) return runHeld(call, joined(operands, ' '))
  const isNamed = /^(?:run|exec)$/.test(operands[0]?.text ?? '')
  const program = operands[isNamed ? 1 : 0]
  if (program === undefined || (!isNamed && OWN_VERBS.has(program.text))) return
  const inner = deeper(call.state, `${call.name} ${program.text}`)
  const words = call.args.slice(call.args.indexOf(program))
  inner?.shared.run.words(inner, words, call.stdin)
}
const OWN_VERBS: ReadonlySet<string> = new Set(
  'init config set get version why info pack publish remove rm un uninstall unlink cache dedupe plugin workspace workspaces constraints global bin audit outdated list ls la import store prune patch root licenses login logout owner team tag test t start stop restart link install i add up update upgrade upgrade-interactive dlx create x env node-gyp help pm build run-script fund doctor view search server repl setup self-update approve-builds rebuild rb ci c'.split(
    ' ',
  ),
)

/** A source file that the command itself made. */
function runSource(call: Call, file: Value): void {
  const made = madeFile(call.state, file.text)
  if (made !== undefined && made.origin === undefined) scanCode(call, made)
}

function runAfter(call: Call, verb: string): Value | undefined {
  const after = call.args.slice(call.args.findIndex(({ text }) => text === verb) + 1)
  const flags = readFlags(
    after,
    '--with --python -p --project --directory --env-file --extra --group --with-requirements',
    true,
  )
  const inner = deeper(call.state, `${call.name} ${verb}`)
  return inner?.shared.run.words(inner, flags.operands, call.stdin)
}
