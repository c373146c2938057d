import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Daemon, DaemonOptions, LocalSource } from './daemon.ts'
import { openDaemon } from './open-daemon.ts'

/** Rules of which each names one thing that an agent must not do. */
export const NO_KEYS = `
writ: 1
title: no keys
rules:
  - id: no-keys
    effect: deny
    on: [outbound]
    when:
      all:
        - { path: channel, op: eq, value: hooks }
        - { path: args.sure, op: has, value: credential_read }
    reason: Keys are not for agents.
`

export type GivenDaemon = {
  readonly policy?: string
  readonly source?: Partial<LocalSource>
  readonly options?: Partial<DaemonOptions>
  readonly home?: string
}

export type Opened = { readonly daemon: Daemon; readonly home: string; readonly work: string }

const closing: (() => Promise<unknown>)[] = []

/** For `afterEach`. */
export async function closeDaemons(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close()
}

/** An empty folder with a short name: paths of sockets are short. */
export async function newHome(): Promise<string> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'wd-')))
  closing.push(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))
  return home
}

/** A daemon of policy files, in this process. */
export async function givenDaemon(given: GivenDaemon = {}): Promise<Opened> {
  const home = given.home ?? (await newHome())
  const file = join(home, 'policy.yaml')
  await writeFile(file, given.policy ?? NO_KEYS)
  const daemon = await openDaemon({
    config: { WRIT_HOME: join(home, '.writ'), WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK: 'no' },
    source: { kind: 'local', policies: [file], ...given.source },
    sockets: null,
    userHome: home,
    ...given.options,
  })
  closing.push(daemon.close)
  return { daemon, home, work: join(home, 'work') }
}

/** What Claude Code sends before a shell command. */
export const bashEvent = (command: string, more: object = {}): Uint8Array =>
  eventOf('PreToolUse', {
    tool_name: 'Bash',
    tool_use_id: 'toolu_1',
    tool_input: { command, description: 'x' },
    ...more,
  })

export const eventOf = (name: string, more: object): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      session_id: 'conversation-1',
      transcript_path: '/tmp/transcript.jsonl',
      cwd: '/tmp',
      hook_event_name: name,
      permission_mode: 'default',
      ...more,
    }),
  )
