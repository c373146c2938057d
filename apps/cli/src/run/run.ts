import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import type { SandboxPlan, SeenEgress } from '@writ/sandbox'
import { CLIENT_PROFILES, environmentInside } from '@writ/sandbox'
import type { Environment } from '@writ/runtime'
import { Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import type { BridgeProgram } from './bridge-program.ts'
import { bridgeProgram } from './bridge-program.ts'
import type { Bubblewrap } from './bubblewrap.ts'
import { findBubblewrap } from './bubblewrap.ts'
import type { Egress } from './egress.ts'
import { openEgress } from './egress.ts'
import type { Enforcement } from './enforcement.ts'
import type { KernelRefusals } from './kernel-refusals.ts'
import { kernelRefusals } from './kernel-refusals.ts'
import type { LateEnforcement } from './late-enforcement.ts'
import { lateEnforcement } from './late-enforcement.ts'
import type { RunOptions } from './options.ts'
import { boundSecrets, hostRules, profileOf, realPaths, registries } from './options.ts'
import type { Run, RunParts } from './run-plan.ts'
import { placeholderFolder, planOf } from './run-plan.ts'
import { placePlaceholders } from './placeholders.ts'
import type { Receipt } from './receipt.ts'
import { deniedLines, hostLines, receiptText } from './receipt.ts'
import { newRepositories, repositoriesIn } from './repositories.ts'
import type { RunFolder } from './run-files.ts'
import { createRunFolder, INSIDE } from './run-files.ts'
import type { SandboxEnd } from './sandbox-process.ts'
import { runSandbox } from './sandbox-process.ts'
import { runUnconfined } from './unconfined.ts'

const PROXY_PORT = 3128
const PROCESSOR = process.arch === 'arm64' ? 'arm64' : 'x64'

/**
 * Runs a command where it can reach nothing that was not given to it, tells what it did, and ends with its exit code.
 * @throws Failure where that cannot be: never unconfined without `--unconfined-observe`
 */
export async function run(
  writHome: string,
  { command, options, env }: { command: readonly string[]; options: RunOptions; env: Environment },
  terminal: Terminal,
): Promise<number> {
  const home = realPaths([env['HOME'] ?? homedir()], homedir())[0] ?? homedir()
  const workspaces = realPaths(options.workspace.length > 0 ? options.workspace : [process.cwd()], home)
  const wanted: Run = { writHome, env, options, terminal, command, home, workspaces }
  const wrap = await confinementFor(wanted)
  return wrap === null ? observeOnly(wanted) : confined(wanted, wrap)
}

// ---- whether it can be confined

/** null: it runs as it is, because that was asked for in so many words */
async function confinementFor({ writHome, env, options, terminal }: Run): Promise<Bubblewrap | null> {
  const found =
    process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
      ? await findBubblewrap(env, join(writHome, 'sandbox'), terminal.note)
      : {
          why:
            UNSUPPORTED[process.platform] ?? `there is no sandbox for ${process.platform} on ${process.arch}`,
        }
  if (!('why' in found)) return found
  if (options.unconfinedObserve) {
    terminal.note(`writ: NOT CONFINED: ${found.why}. Hooks tell what the agent does; nothing holds it.`)
    return null
  }
  throw new Failure(
    `there is no sandbox, and nothing was started: ${found.why}`,
    'Install bubblewrap 0.8 or later. `--unconfined-observe` runs the command without one and only watches.',
  )
}

const UNSUPPORTED: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  win32: 'on Windows there are hooks only: `writ hooks install`',
  darwin: 'the Seatbelt profile of macOS is made but was never tried; use `writ hooks install`',
}

async function observeOnly(wanted: Run): Promise<number> {
  const folder = createRunFolder('x64')
  const enforcement = await opened(wanted, join(folder.path, 'daemon'))
  const begunMs = Date.now()
  const nothing = { seen: [], refused: null, hidden: [], repositories: [], how: 'NOT CONFINED' }
  try {
    const env = { ...wanted.env, WRIT_HOOK_SOCKET: enforcement.socketPath }
    const exitCode = await runUnconfined(wanted.command, env)
    await show(wanted, { ...nothing, enforcement, exitCode, begunMs })
    return exitCode
  } finally {
    await enforcement.close()
    folder.remove()
  }
}

/** Policy, records and what they need are a lot to load. */
async function opened(wanted: Run, socketFolder: string): Promise<Enforcement> {
  const { openEnforcement } = await import('./enforcement.ts')
  return openEnforcement(wanted, socketFolder)
}

// ---- confined

async function confined(wanted: Run, wrap: Bubblewrap): Promise<number> {
  const folder = createRunFolder(PROCESSOR)
  const closing: (() => unknown)[] = [() => folder.remove()]
  try {
    const enforcement = await lateEnforcement(folder, (socketFolder) => opened(wanted, socketFolder))
    closing.push(() => enforcement.close())
    const seen: SeenEgress[] = []
    const egress = await egressOf(wanted, folder, enforcement, seen)
    closing.push(() => egress.proxy.close())
    const bridge = bridgeProgram(join(wanted.writHome, 'sandbox', 'bin'))
    const plan = planOf(wanted, { folder, enforcement, egress, bridge })
    closing.push(placePlaceholders(placeholderFolder(wanted), plan.placeholders))
    const before = repositoriesIn(wanted.workspaces)
    const begunMs = Date.now()
    const refusals = refusalsOf(plan, enforcement)
    const end = await started(wanted, { wrap, plan, egress, bridge, folder, enforcement, refusals })
    if (!enforcement.isBegun())
      throw new Failure(
        'the sandbox could not be made, and nothing was started',
        'What stands above says why.',
      )
    const repositories = newRepositories(before, wanted.workspaces)
    const how = `bubblewrap ${wrap.version} (${wrap.how})`
    const refused = await refusals.end()
    const ended = { exitCode: end.exitCode, begunMs, seen, hidden: plan.hidden, repositories, how }
    await show(wanted, {
      ...ended,
      refused: end.isWatched ? refused : null,
      enforcement: await enforcement.ready,
    })
    return end.exitCode
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}

const refusalsOf = ({ mounts }: SandboxPlan, { ready }: LateEnforcement): KernelRefusals =>
  kernelRefusals({
    processor: PROCESSOR,
    mounts,
    record: async (refusal) => (await ready).refused(refusal),
  })

async function egressOf(
  wanted: Run,
  folder: RunFolder,
  { ready }: LateEnforcement,
  seen: SeenEgress[],
): Promise<Egress> {
  const { command, env, options } = wanted
  return openEgress({
    socketPath: join(folder.path, 'egress.sock'),
    rules: hostRules(profileOf(options, command[0] ?? ''), options),
    // where policy cannot be had, nothing is decided either
    onlyListed: ready.then(
      ({ mode }) => mode === 'enforce' && !options.anyHost,
      () => true,
    ),
    secrets: boundSecrets(options, env),
    registries: registries(options),
    opaqueHosts: options.opaqueHost,
    decide: async (ask) => (await ready).decide(ask),
    packageFault: async (...asked) => (await ready).packageFault(...asked),
    seen: (one) => void seen.push(one),
    extraCertificates: env['NODE_EXTRA_CA_CERTS'],
  })
}

type Starting = Pick<RunParts, 'folder' | 'egress' | 'bridge' | 'enforcement'> & {
  readonly wrap: Bubblewrap
  readonly plan: SandboxPlan
  readonly refusals: KernelRefusals
}

function started(wanted: Run, starting: Starting): Promise<SandboxEnd> {
  const { wrap, plan, egress, bridge, folder, enforcement, refusals } = starting
  const { command, env, home, options, workspaces } = wanted
  const { isNative } = bridge
  const cwd = realPaths(['.'], home)[0] ?? home
  const isWithinWorkspace = workspaces.some((path) => cwd === path || cwd.startsWith(`${path}/`))
  const inside = environmentInside(env, {
    profile: CLIENT_PROFILES[profileOf(options, command[0] ?? '')],
    passed: options.env,
    proxyPort: PROXY_PORT,
    certificates:
      egress.authority === null ? null : { own: INSIDE.ownCertificates, all: INSIDE.allCertificates },
    placeholders: egress.placeholders,
  })
  const ending = new AbortController()
  enforcement.ready.catch(() => ending.abort())
  return runSandbox({
    bubblewrap: wrap.program,
    confinement: {
      mounts: plan.mounts,
      directory: isWithinWorkspace ? cwd : (workspaces[0] ?? home),
      environment: {
        ...inside,
        HOME: home,
        TMPDIR: '/tmp',
        WRIT_HOOK_SOCKET: INSIDE.hookSocket,
        ...GIT_IGNORES,
      },
      hostName: hostname(),
    },
    filters: { wall: folder.filters.wall, watch: isNative ? folder.filters.watch : null },
    hear: refusals.hear,
    bridge: bridgeWords(bridge, plan),
    command,
    hasTerminal: isNative && process.stdin.isTTY && process.stdout.isTTY,
    begun: () => enforcement.begin(),
    ending: ending.signal,
  })
}

function bridgeWords({ isNative }: BridgeProgram, { writable }: SandboxPlan): readonly string[] {
  const words = ['--listen', String(PROXY_PORT), '--to', INSIDE.egressSocket]
  if (!isNative) return [process.execPath, INSIDE.bridge, ...words]
  return [INSIDE.bridge, ...words, ...writable.flatMap((path) => ['--write', path])]
}

const GIT_IGNORES = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'core.excludesFile',
  GIT_CONFIG_VALUE_0: INSIDE.ignored,
}

// ---- the receipt

type Ended = {
  readonly enforcement: Enforcement
  readonly exitCode: number
  readonly begunMs: number
  readonly seen: readonly SeenEgress[]
  readonly refused: Receipt['refused']
  readonly hidden: readonly string[]
  readonly repositories: readonly string[]
  readonly how: string
}

async function show({ command, options, terminal }: Run, ended: Ended): Promise<void> {
  const { enforcement, seen } = ended
  const { recordedActions } = await import('./recorded-actions.ts')
  const actions = recordedActions(enforcement.recordsFolder)
  const receipt: Receipt = {
    command,
    profile: profileOf(options, command[0] ?? ''),
    confinement: ended.how,
    mode: enforcement.mode,
    exitCode: ended.exitCode,
    durationMs: Date.now() - ended.begunMs,
    hosts: hostLines(seen),
    actions,
    denied: deniedLines(seen, actions),
    refused: ended.refused,
    hidden: ended.hidden,
    newRepositories: ended.repositories,
    records: enforcement.recordsFolder,
    verify: enforcement.verify,
  }
  // stdout is the command's; with --json the receipt is its last line
  if (options.json) terminal.out(JSON.stringify(receipt))
  else terminal.note(receiptText(receipt))
}
