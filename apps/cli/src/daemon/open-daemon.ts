import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOOKS_BY_DEFAULT } from '@writ/contracts'
import { createHookSteps } from '@writ/enforcement'
import type { Clock } from '@writ/enforcement'
import type { ReportProblem } from '@writ/point'
import { readState, writeState } from '@writ/point'
import type { ConversationFile } from './conversations.ts'
import { openConversations } from './conversations.ts'
import type { Daemon, DaemonOptions, DaemonStatus } from './daemon.ts'
import type { HookDesk } from './hook-desk.ts'
import { createHookDesk } from './hook-desk.ts'
import { openLocalPoint } from './local/local-point.ts'
import { clockOf } from './moment.ts'
import { createPersonDesk } from './person-desk.ts'
import type { PersonDesk } from './person-desk.ts'
import type { Point } from './point.ts'
import { openRecords, tendRecords } from './records.ts'
import { openSigningProxy } from './signing-proxy.ts'
import type { SigningProxy } from './signing-proxy.ts'
import { createAdminServer } from './sockets/admin-server.ts'
import { openDoors } from './sockets/doors.ts'
import type { Doors } from './sockets/doors.ts'
import { sharedFolder } from './sockets/folder.ts'
import { createHookServer } from './sockets/hook-server.ts'
import type { DaemonParts } from './status.ts'
import { isReady, statusOf } from './status.ts'
import { openTenantPoint } from './tenant/tenant-point.ts'
import { createUnkept } from './unkept.ts'
import { openWorld } from './world.ts'

const SPOOL_BYTES = 256 * 1024 * 1024
const PATIENCE_MS = 10_000

/** @throws Failure where another daemon serves the same sockets, or the policy cannot be read */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const parts = await openParts(options)
  const doors = await openDoorsOf(options, parts).catch(async (error: unknown) => {
    await closeParts(parts)
    throw error
  })
  const stopping = new AbortController()
  const background = Promise.all([
    parts.point.run(parts.records.spool, stopping.signal),
    tendRecords(parts.records, stopping.signal, options.report ?? silent),
  ])
  const none = new AbortController().signal
  return {
    ask: (client, payload, hangUp = none) => parts.desk.ask(client, payload, hangUp),
    connect: parts.desk.connect,
    refused: parts.desk.refused,
    socketPath: doors?.socketPath ?? null,
    adminPath: doors?.adminPath ?? null,
    status: () => statusOf(parts, doors),
    packages: () => parts.point.packages(),
    whenReady: (patienceMs = PATIENCE_MS) => whenReady(parts, patienceMs),
    close: async () => {
      await doors?.close()
      await parts.records.ledger.end()
      stopping.abort()
      await background
      await closeParts(parts)
    },
  }
}

async function closeParts({ point, records, proxy, conversations }: Parts): Promise<void> {
  await proxy?.close()
  await conversations.settled()
  await point.close()
  await records.spool.close()
}

async function openDoorsOf(options: DaemonOptions, parts: Parts): Promise<Doors | null> {
  const { sockets, config, report = silent } = options
  if (sockets === null) return null
  const folder = sockets === 'shared' ? sharedFolder(config) : sockets.folder
  const opened: { doors: Doors | null } = { doors: null }
  const status = (): DaemonStatus => statusOf(parts, opened.doors)
  opened.doors = await openDoors(
    folder,
    {
      hooks: () => createHookServer(parts.desk, report),
      admin: () => createAdminServer({ status, person: parts.person }),
    },
    report,
  )
  return opened.doors
}

const silent = (): void => {}

type Parts = DaemonParts & {
  readonly desk: HookDesk
  readonly person: PersonDesk
}

async function openParts(options: DaemonOptions): Promise<Parts> {
  const { nowMs = Date.now, report = silent } = options
  const clock = clockOf(nowMs)
  const person = createPersonDesk(nowMs)
  const point = await openPoint(options, person)
  const { spoolBytes = SPOOL_BYTES } = options
  const records = await openRecords(point, { spoolBytes, clock, report })
  const file = options.run === undefined ? fileOf(point) : null
  const conversations = await openConversations(file, nowMs)
  const desk = openDesk(options, { point, records, conversations, clock, report })
  const proxy = await openProxy(point, options.proxyPort ?? null)
  return { point, records, desk, person, conversations, proxy }
}

function openPoint(
  { config, source, nowMs = Date.now, report = silent }: DaemonOptions,
  person: PersonDesk,
): Promise<Point> {
  return source.kind === 'local'
    ? openLocalPoint(source, { home: config.WRIT_HOME, person, nowMs })
    : openTenantPoint({ config, source, person, nowMs, report })
}

/** Several that decide by files may run at once, each with a session of its own: they remember nothing of each other's. */
function fileOf({ kind, stateDir }: Point): ConversationFile | null {
  const path = join(stateDir, 'conversations.json')
  return kind === 'local' ? null : { read: () => readState(path), write: (text) => writeState(path, text) }
}

const openProxy = (point: Point, port: number | null): Promise<SigningProxy> | null =>
  point.upstream === null || port === null ? null : openSigningProxy(point.upstream, port)

type DeskParts = Pick<Parts, 'point' | 'records' | 'conversations'> & {
  readonly clock: Clock
  readonly report: ReportProblem
}

function openDesk(options: DaemonOptions, parts: DeskParts): HookDesk {
  const { point, records, conversations, clock, report } = parts
  const steps = createHookSteps({
    identify: options.run === undefined ? point.identify : identifyInRun(point),
    sessions: point.sessions,
    approvals: point.approvals,
    contentKeys: point.contentKeys,
    sessionEnder: point.sessionEnder,
    nowMs: clock.nowMs,
    turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
    unkept: createUnkept(clock),
    report: (bug) => report('a bug', bug),
  })
  const hooks = () => point.current()?.bundle.hooks ?? HOOKS_BY_DEFAULT
  return createHookDesk({
    steps,
    ledger: records.ledger,
    clock,
    conversations: options.run === undefined ? conversations : { ...conversations, ended: () => {} },
    world: () => openWorld(point.packages(), hooks().unknown),
    begin: options.run === undefined ? point.begin : () => {},
    isObserving: () => point.current()?.bundle.hooks.mode === 'observe',
    userHome: options.userHome ?? homedir(),
    workspaces: options.run?.workspaces ?? null,
    report,
  })
}

/** The first question begins the session of a run: what another run of this agent has seen is not its own. */
function identifyInRun({ begin, identify }: Point): Point['identify'] {
  let isBegun = false
  return () => {
    if (!isBegun) begin()
    isBegun = true
    return identify()
  }
}

async function whenReady(parts: Parts, patienceMs: number): Promise<boolean> {
  const untilMs = performance.now() + patienceMs
  while (!isReady(parts) && performance.now() < untilMs) await sleep(20)
  return isReady(parts)
}
