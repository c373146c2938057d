import { has, lineOf, readFlags, valuesOf, type Call, type Flags } from '../call.ts'
import { SHARED_BRANCH } from '../data/git.ts'
import { TREE, writePlace } from '../files.ts'
import { hostOf, isLoopback, isTrusted, isUrl } from '../hosts.ts'
import { absoluteOf } from '../paths.ts'
import { possible, sayWhere, sure, use } from '../state.ts'
import { isKnown, LOCAL, REMOTE, shown, unknownFrom, type Value } from '../text.ts'
import { configured, runValue } from './git-settings.ts'

/** Where to, and over what. */
export function pushed(call: Call): undefined {
  const flags = readFlags(call.args, '-o --push-option --receive-pack --exec --repo')
  for (const value of valuesOf(flags, '--receive-pack', '--exec'))
    runValue(call, 'push --receive-pack', value)
  if (has(flags, '--dry-run', '-n')) return
  const [target, ...refs] = [...valuesOf(flags, '--repo'), ...flags.operands]
  if (target !== undefined) foreignRemote(call, target)
  const isLeased = has(flags, '--force-with-lease', '--force-if-includes') && !isForcing(flags)
  if (!isForced(flags, refs) && !isLeased) return
  const isMild = isLeased || isOwn(flags, refs)
  const why = isMild ? 'overwrites or drops what was pushed' : 'overwrites or drops what others rely on'
  sayWhere(call.state, lineOf(refs), [[true, 'history_tamper', isMild ? 'possible' : 'sure', why]])
}

const isForcing = (flags: Flags): boolean =>
  [...flags.given.keys()].some((one) => /^(?:-\w*f\w*|--forc?e?)$/.test(one))

const isForced = (flags: Flags, refs: readonly Value[]): boolean =>
  isForcing(flags) ||
  has(flags, '--mirror', '--prune', '-d', '--delete') ||
  refs.some(({ text }) => /^[+:]/.test(text))

/** Branches that are named and that nobody else is known to rely on. */
const isOwn = (flags: Flags, refs: readonly Value[]): boolean =>
  refs.length > 0 &&
  !has(flags, '--all', '--mirror') &&
  refs.every(
    ({ text }) =>
      isKnown(text) && !SHARED_BRANCH.test(text.replace(/^\+/, '')) && !/^\+?(?:HEAD|:)$/.test(text),
  )

function foreignRemote(call: Call, target: Value): void {
  const known = call.state.shared.remotes.get(target.text)
  const url = known ?? target.text
  const isUrlLike = isUrl(url) || /^[\w.-]+@[\w.-]+:/.test(url)
  if (isUrlLike) use(call.state, 'connect', hostOf(url))
  if (url.startsWith('ext::')) runValue(call, 'ext::', { ...target, text: url.slice('ext::'.length) })
  if (isUrlLike && !isLoopback(hostOf(url)))
    sure(call.state, 'exfiltration', hostOf(url), `pushes the repository to ${shown(hostOf(url))}`)
}

export function remote(call: Call): undefined {
  const [verb, ...rest] = readFlags(call.args, '-t -m').operands
  const [name, url] = rest
  if (name === undefined || url === undefined || !/^(?:add|set-url)$/.test(verb?.text ?? '')) return
  call.state.shared.remotes.set(name.text, url.text)
  if (verb?.text === 'set-url' && !isTrusted(call.state, hostOf(url.text)))
    possible(call.state, 'exfiltration', hostOf(url.text), 'the repository would be pushed elsewhere')
}

export function fetched(call: Call): Value {
  const flags = readFlags(call.args, '--upload-pack -j --depth -o')
  for (const value of valuesOf(flags, '--upload-pack')) runValue(call, 'upload-pack', value)
  const target = flags.operands[0]
  if (target?.text.startsWith('ext::') === true)
    runValue(call, 'ext::', { ...target, text: target.text.slice('ext::'.length) })
  return unknownFrom(REMOTE)
}

/** What is cloned came from elsewhere: running it is running what was fetched. */
export function cloned(call: Call): Value {
  const flags = readFlags(
    call.args,
    '-b --branch --depth -o --origin -c --config --reference --template -j -u --upload-pack --separate-git-dir --filter',
  )
  configured(call, valuesOf(flags, '-c', '--config'))
  for (const value of valuesOf(flags, '-u', '--upload-pack')) runValue(call, 'upload-pack', value)
  const [url, folder] = flags.operands
  if (url === undefined) return unknownFrom(LOCAL)
  if (url.text.startsWith('ext::')) runValue(call, 'ext::', { ...url, text: url.text.slice('ext::'.length) })
  const name =
    folder?.text ??
    url.text
      .replace(/\/+$/, '')
      .split(/[/:]/)
      .at(-1)
      ?.replace(/\.git$/, '') ??
    'clone'
  const path = absoluteOf(call.state, name)
  writePlace(call.state, path, 'git clone')
  const isAway = isUrl(url.text) || /^[\w.-]+@/.test(url.text)
  if (isAway) {
    use(call.state, 'connect', hostOf(url.text))
    call.state.shared.files.set(path, { text: TREE, from: REMOTE })
  }
  return unknownFrom(LOCAL)
}
