import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DeviceJoinAnswer } from '@writ/contracts'
import type { SessionStore } from '@writ/enforcement'
import {
  createControlPlaneClient,
  openControlPlaneHttp,
  openFileSessionStore,
  openNodeIdentity,
  openNodeKeys,
} from '@writ/point'
import type { ControlPlaneClient, NodeIdentity, NodeKeys, ReportProblem } from '@writ/point'
import { EXIT, Failure } from '../../failure.ts'
import { readProfile } from '../../profile.ts'
import { settleRotation } from '../../rotation.ts'
import type { DaemonOptions, TenantSource } from '../daemon.ts'
import type { PersonDesk } from '../person-desk.ts'
import { takePlace } from '../sockets/take-place.ts'
import { controlPlaneOf, devicePrefix, joinDevice } from './join-device.ts'
import type { SeenClock } from './seen-clock.ts'
import { openSeenClock } from './seen-clock.ts'
import type { Standing } from './standing.ts'
import { openStanding } from './standing.ts'

export const BUILD = 'writ-daemon 0.1.0'

export type TenantMeans = {
  readonly config: DaemonOptions['config']
  readonly source: TenantSource
  readonly person: PersonDesk
  readonly nowMs: () => number
  readonly report: ReportProblem
}

/** This device as its control plane knows it, and the way there. */
export type Wire = {
  readonly stateDir: string
  readonly keys: NodeKeys
  readonly identity: NodeIdentity<DeviceJoinAnswer>
  readonly client: ControlPlaneClient
  readonly sessions: SessionStore
  readonly seen: SeenClock
  readonly standing: Standing
  readonly close: () => Promise<void>
}

/** @throws Failure where too many daemons of this profile run */
export async function openWire({ config, source, nowMs, report }: TenantMeans): Promise<Wire> {
  const { stored } = source
  const { stateDir, leave } = await ownFolder(join(config.WRIT_HOME, 'daemon', stored.profile.agentId))
  const keys = await openNodeKeys(stateDir)
  const http = openControlPlaneHttp(controlPlaneOf(stored))
  const identity = await openNodeIdentity({
    stateDir,
    answer: DeviceJoinAnswer,
    join: async () => joinDevice(await currentOf(source), { http, keys, build: BUILD, nowMs }),
    nowMs,
    report,
  })
  const { nodeKey } = keys
  const prefix = devicePrefix(stored)
  return {
    stateDir,
    keys,
    identity,
    client: createControlPlaneClient({ http, node: identity.node, nodeKey, prefix, nowMs }),
    sessions: await openFileSessionStore(join(stateDir, 'sessions'), nowMs),
    seen: await openSeenClock(join(stateDir, 'clock'), nowMs),
    standing: await openStanding(join(stateDir, 'standing')),
    close: async () => {
      await http.close()
      await leave()
    },
  }
}

/** Daemons of one profile at once: one for the hooks, and one for each `writ run`. */
const MOST_DAEMONS = 16

/** Two that wrote into one spool would destroy it: each has a folder, and so a node key and a spool, of its own, and keeps it by a socket. */
async function ownFolder(
  folder: string,
  number = 1,
): Promise<{ readonly stateDir: string; readonly leave: () => Promise<void> }> {
  const stateDir = join(folder, String(number))
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const lock = createServer((socket) => socket.end())
  try {
    await takePlace(lock, join(stateDir, 'alive'))
  } catch (error) {
    if (number === MOST_DAEMONS || !(error instanceof Failure) || error.exitCode !== EXIT.no) throw error
    return ownFolder(folder, number + 1)
  }
  return { stateDir, leave: () => new Promise((resolve) => lock.close(() => resolve())) }
}

/** The identity key may have been rotated since the start. */
const currentOf = async ({ stored, keys }: TenantSource) =>
  settleRotation(await readProfile(stored.home, stored.name, keys), keys)
