import { readFlags, textsOf, valuesOf, type Call } from '../call.ts'
import { filledPlace, readTree, writeFile } from '../files.ts'
import { hostOf, isLoopback, isTrusted, isUrl } from '../hosts.ts'
import { possible, use } from '../state.ts'
import { literal, LOCAL, NOTHING, REMOTE, shown, unknownFrom, UNKNOWN, type Value } from '../text.ts'
import { outgoing } from './outgoing.ts'

/** Sources that are here, targets that are not. */
export function transferred(call: Call): Value | undefined {
  const { state } = call
  const flags = readFlags(call.args, COPY_VALUED)
  for (const text of valuesOf(flags, '-e', '--rsh', '--rsync-path')) {
    if (!/^ssh\b/.test(text.text)) state.shared.run.text(state, text, null)
  }
  for (const text of valuesOf(flags, '-o')) proxyCommand(call, text)
  const target = flags.operands.at(-1) ?? NOTHING
  direction(call, flags.operands.slice(0, -1), target)
  if (/^(?:sftp|lftp|ftp|smbclient)$/.test(call.name)) scripted(call, target)
  if (call.stdin !== null && call.name !== 'rsync') outgoing(call, hostOf(target.text), call.stdin.from)
  return undefined
}
const COPY_VALUED =
  '-e --rsh -P -i -F -o -S -l -c -J --exclude --include --filter -f --files-from -b -B --rsync-path'

/** Out, in, or from one place here to another. */
function direction(call: Call, sources: readonly Value[], target: Value): void {
  if (/^(?:croc|wormhole|magic-wormhole|ffsend|transfer)$/.test(call.name))
    sendFiles(call, [...sources, target].slice(1), call.name)
  else if (isAway(target.text)) sendFiles(call, sources, hostOf(target.text))
  else if (sources.some(({ text }) => isAway(text))) received(call, sources, target)
  else if (/^(?:rsync|scp|rclone)$/.test(call.name)) copiedHere(call, sources, target)
}

/** What arrives is from elsewhere, by the name of the target or of the source inside of it. */
function received(call: Call, sources: readonly Value[], target: Value): void {
  const value = unknownFrom(REMOTE)
  const names = sources.map(
    ({ text }) => `${target.text.replace(/\/$/, '')}/${text.split(/[/:]/).at(-1) ?? ''}`,
  )
  for (const text of [target.text, ...names])
    writeFile(call.state, { text, from: 0 }, { value, by: call.name, isAppending: true })
}

function copiedHere(call: Call, sources: readonly Value[], target: Value | undefined): void {
  const from = sources.reduce((all, { text }) => all | readTree(call.state, text, call.name), 0)
  if (target === undefined) return
  if (sources.some(({ text }) => /\/(?:\.)?$/.test(text))) filledPlace(call.state, target.text, call.name)
  writeFile(call.state, target, { value: unknownFrom(LOCAL | from), by: call.name, isAppending: true })
}

/** `put file` of a session that is piped in. */
export function scripted(call: Call, target: Value | undefined): void {
  const lines = [
    ...(call.stdin?.text ?? '').split(/[\n;]/),
    ...textsOf(call.args).flatMap((text) => text.split(';')),
  ]
  const puts = lines.flatMap((line) => /^\s*m?(?:put|send|reput)\s+(?:-\w+\s+)*(\S+)/.exec(line)?.[1] ?? [])
  if (puts.length > 0)
    sendFiles(
      call,
      puts.map((text) => literal(text)),
      hostOf(target?.text ?? ''),
    )
}

const isAway = (text: string): boolean =>
  isUrl(text) || (/^[\w.@\ue000-]+:/.test(text) && !/^[a-z]:[\\/]/i.test(text) && !isLoopback(hostOf(text)))

function sendFiles(call: Call, sources: readonly Value[], host: string): void {
  const from = sources.reduce((all, { text }) => all | readTree(call.state, text, call.name), 0)
  use(call.state, 'connect', host)
  outgoing(call, host, from)
  if (!isTrusted(call.state, host))
    possible(call.state, 'exfiltration', host, `files are sent to ${shown(host)}`)
}

export function proxyCommand(call: Call, option: Value): void {
  const command =
    /^(?:ProxyCommand|LocalCommand|KnownHostsCommand|RemoteCommand|Match exec)\s*[= ]\s*(.*)$/is.exec(
      option.text,
    )?.[1]
  if (command !== undefined && command !== 'none')
    call.state.shared.run.text(call.state, { ...option, text: command.replaceAll(/%./g, UNKNOWN) }, null)
}
