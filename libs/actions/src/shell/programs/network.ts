import { has, printedFrom, readFlags, textsOf, valuesOf, type Call, type Program } from '../call.ts'
import { readFile } from '../files.ts'
import { hostOf, isLoopback, isMetadata } from '../hosts.ts'
import { possible, sayWhere, sure, use } from '../state.ts'
import {
  ENVIRONMENT,
  joined,
  literal,
  LOCAL,
  NOTHING,
  REMOTE,
  SECRET,
  shown,
  unknownFrom,
  type Value,
} from '../text.ts'
import { curl, fetcher, httpie, wget } from './http.ts'
import { outgoing } from './outgoing.ts'
import { proxyCommand, transferred } from './transfers.ts'

/** Programs that speak with other hosts. */
export const NETWORK: Readonly<Record<string, Program>> = {
  curl: (call) => curl(call),
  wget: (call) => wget(call),
  ...Object.fromEntries(['http', 'https', 'xh', 'xhs', 'httpie'].map((name) => [name, httpie])),
  ...Object.fromEntries(
    [
      'aria2c',
      'axel',
      'lynx',
      'links',
      'w3m',
      'elinks',
      'fetch',
      'ftp',
      'lftp',
      'iwr',
      'irm',
      'invoke-webrequest',
      'invoke-restmethod',
    ].map((name) => [name, fetcher]),
  ),
  ...Object.fromEntries(
    [
      'nc',
      'ncat',
      'netcat',
      'socat',
      'telnet',
      'nc.traditional',
      'nc.openbsd',
      'websocat',
      'cryptcat',
      'pwncat',
    ].map((name) => [name, rawConnection]),
  ),
  openssl: (call) => (call.args[0]?.text === 's_client' ? rawConnection(call) : undefined),
  ...Object.fromEntries(
    [
      'nslookup',
      'dig',
      'host',
      'drill',
      'kdig',
      'resolvectl',
      'getent',
      'ping',
      'ping6',
      'traceroute',
      'tracepath',
      'mtr',
      'whois',
      'fping',
      'hping3',
    ].map((name) => [name, named]),
  ),
  ...Object.fromEntries(
    [
      'scp',
      'sftp',
      'rsync',
      'rclone',
      'croc',
      'magic-wormhole',
      'wormhole',
      'ffsend',
      'transfer',
      'tftp',
      'smbclient',
      'ncftpput',
      'sshpass',
    ].map((name) => [name, transferred]),
  ),
  ssh: (call) => ssh(call),
  autossh: (call) => ssh(call),
  gh: (call) => forge(call),
  glab: (call) => forge(call),
  ...Object.fromEntries(
    ['mail', 'mailx', 'mutt', 'sendmail', 'msmtp', 'swaks', 's-nail', 'ssmtp'].map((name) => [name, mailed]),
  ),
  ...Object.fromEntries(
    [
      'ngrok',
      'cloudflared',
      'localtunnel',
      'lt',
      'frpc',
      'chisel',
      'bore',
      'zrok',
      'pagekite',
      'tailscale',
    ].map((name) => [name, tunnel]),
  ),
}

/** nc and its kin: a shell at one end, or what is piped in. */
function rawConnection(call: Call): Value {
  const { state, args, stdin } = call
  const line = joined(args, ' ').text
  const flags = readFlags(args, '-e -c -p -s -w -x -X -i -q --exec --sh-exec --lua-exec -connect')
  const isGiving = call.name !== 'socat' && has(flags, '-e', '-c', '--exec', '--sh-exec')
  sayWhere(state, line, [
    [
      isGiving || /\b(?:exec|system):/i.test(line),
      'reverse_shell',
      'sure',
      `${call.name} gives a program to another host`,
    ],
  ])
  const host = hostIn(line)
  if (has(flags, '-z') || isLoopback(host)) return unknownFrom(REMOTE)
  use(state, 'connect', host)
  const files = textsOf(args).flatMap((text) => /^(?:OPEN|FILE|GOPEN|CREATE):([^,]+)/i.exec(text)?.[1] ?? [])
  const read = files.map((file) => readFile(state, literal(file), call.name))
  const sending = joined([...read, stdin ?? NOTHING])
  outgoing(call, host, sending.from)
  sayWhere(state, host, [
    [isMetadata(host), 'credential_read', 'sure', `${call.name} asks the metadata service of the cloud`],
    [sending.text !== '', 'exfiltration', 'possible', `what is piped in is sent to ${shown(host)}`],
    [has(flags, '-l', '--listen'), 'reverse_shell', 'possible', 'waits for a connection'],
  ])
  return unknownFrom(REMOTE)
}

const hostIn = (line: string): string =>
  /(?:TCP\d?(?:-CONNECT)?|UDP\d?|OPENSSL|SSL|SCTP):([^:,\s]+)/i.exec(line)?.[1]?.toLowerCase() ??
  hostOf(
    line.split(' ').find((word) => /[.:]|^localhost$|\ue000/.test(word) && !word.startsWith('-')) ??
      line.split(' ').at(-2) ??
      '',
  )

/** A name that is looked up is seen by whoever answers for it. */
function named(call: Call): Value {
  const words = call.args.filter(({ text }) => !text.startsWith('-'))
  for (const word of words) {
    const isName = /[\w\ue000-]\.[a-z]/i.test(word.text) || word.from !== 0
    if (isName && (word.from & (LOCAL | SECRET | ENVIRONMENT)) !== 0 && !/^[\d.]+$/.test(word.text)) {
      sure(call.state, 'exfiltration', word.text, `${call.name} asks for a name that is made of local words`)
    }
  }
  return call.name === 'dig' || call.name === 'host' || call.name === 'nslookup'
    ? unknownFrom(REMOTE)
    : printedFrom(call.stdin)
}

function ssh(call: Call): Value {
  const { state, stdin } = call
  const flags = readFlags(call.args, SSH_VALUED, true)
  for (const option of valuesOf(flags, '-o')) proxyCommand(call, option)
  const [target, ...command] = flags.operands
  if (target === undefined) return NOTHING
  const host = hostOf(target.text)
  use(state, 'connect', host)
  outgoing(
    call,
    host,
    [...command, stdin ?? NOTHING].reduce((from, value) => from | value.from, 0),
  )
  const isPiped = stdin !== null && stdin.text !== '' && !isLoopback(host) && command.length > 0
  const isTunnel = has(flags, '-R', '-D', '-L', '-w')
  const isSession = !isTunnel && command.length === 0 && !has(flags, '-V', '-Q', '-G', '-T')
  sayWhere(state, host, [
    [isPiped, 'exfiltration', 'possible', `what is piped in is sent to ${shown(host)}`],
    [isTunnel, 'exfiltration', 'possible', 'opens a tunnel'],
    [isSession, 'opaque_exec', 'possible', 'a session on another host that nobody sees'],
  ])
  if (command.length > 0)
    state.shared.run.text({ ...state, via: [...state.via, 'ssh'] }, joined(command, ' '), stdin)
  return unknownFrom(REMOTE)
}
const SSH_VALUED = '-o -i -F -p -l -L -R -D -J -b -c -E -e -I -m -O -Q -S -W -w -B -M'

/** Fields and bodies that are read from files. */
function forge(call: Call): undefined {
  const flags = readFlags(call.args, '-f -F --field --raw-field --body-file --input --notes-file -b --body')
  const fields = textsOf(valuesOf(flags, '-f', '-F', '--field', '--raw-field')).map(
    (text) => /(?:^|=)@(.+)$/s.exec(text)?.[1] ?? text,
  )
  const files = [...fields, ...textsOf(valuesOf(flags, '--body-file', '--input', '--notes-file'))]
  const read = files
    .filter((text) => !text.includes('='))
    .map((text) => readFile(call.state, literal(text), call.name))
  outgoing(call, 'the forge', joined([...read, ...call.args]).from & ~ENVIRONMENT)
}

function mailed(call: Call): Value {
  const flags = readFlags(call.args, '-s -a -A -r -c -b -S --body --attach --to --from --server')
  const address = textsOf(flags.operands).find((text) => text.includes('@')) ?? ''
  const files = valuesOf(flags, '-a', '-A', '--attach').map((file) => readFile(call.state, file, call.name))
  const from = [...files, ...call.args, call.stdin ?? NOTHING].reduce((all, value) => all | value.from, 0)
  outgoing(call, hostOf(address), from)
  if (call.stdin !== null || files.length > 0)
    possible(call.state, 'exfiltration', address, `mail goes to ${shown(address)}`)
  return NOTHING
}

function tunnel(call: Call): undefined {
  if (
    /^(?:http|tcp|tunnel|access|client|local|share|start|funnel|serve|--port|-p)$/.test(
      call.args[0]?.text ?? '',
    )
  ) {
    possible(call.state, 'exfiltration', call.name, 'opens a tunnel to this machine')
  }
}
