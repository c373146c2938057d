import type { InventoryAgent, InventoryClient, InventoryHook, InventoryManaged } from '@writ/contracts'
import { installedClients } from '../clients/installed.ts'
import { ownerName } from '../clients/running.ts'
import type { Disk, Machine } from '../disk.ts'
import { isLocal } from '../disk.ts'
import type { StandingHook } from '../governance.ts'
import { governanceOf } from '../governance.ts'
import type { RawHook } from '../hooks.ts'
import { switchesHooksOff } from '../hooks.ts'
import type { Configuration } from '../look.ts'
import { MANAGED_FILES } from '../places.ts'
import type { Show } from '../veil.ts'
import { filesAt } from '../walk.ts'
import { pointerShown } from './of-servers.ts'
import { isProtected } from './rights.ts'

/** Agents that are installed or that have a configuration of their user, with how far Writ governs each. */
export function agentsOf(
  disk: Disk,
  machine: Machine,
  configurations: readonly Configuration[],
  show: Show,
): readonly InventoryAgent[] {
  const installed = new Map(installedClients(disk, machine).map((found) => [found.client, found]))
  const configured = configurations.filter(({ scope }) => scope !== 'project').map(({ client }) => client)
  return [...new Set([...installed.keys(), ...configured])].map((client) => ({
    client,
    version: installed.get(client)?.version ?? null,
    paths: (installed.get(client)?.paths ?? []).slice(0, 20).map((path) => show(path, 1024)),
    ...judgedBy(disk, client, configurations),
  }))
}

function judgedBy(disk: Disk, client: InventoryClient, configurations: readonly Configuration[]) {
  const own = configurations.filter(
    (one) => one.client === client || (client === 'vscode' && one.client === 'copilot-cli'),
  )
  return governanceOf(client, {
    hooks: own.flatMap((one) => one.hooks.map((hook) => standingOf(disk, one, hook))),
    managed: own.filter(({ scope }) => scope === 'managed').map(({ value }) => value),
    isSwitchedOff: own.some(({ scope, value }) => scope !== 'managed' && switchesHooksOff(value)),
  })
}

const standingOf = (disk: Disk, { scope, file }: Configuration, hook: RawHook): StandingHook => ({
  event: hook.event,
  isWrit: hook.isWrit,
  failsClosed: hook.failsClosed,
  hearsAll: hook.hearsAll,
  scope,
  isFileProtected: isProtected(disk, file),
  program: programStanding(disk, hook),
})

export function programStanding(disk: Disk, { program }: Pick<RawHook, 'program'>): StandingHook['program'] {
  if (program === null || !isLocal(program)) return 'unknown'
  const path = program.replaceAll('\\', '/')
  if (disk.facts(path) === null) return 'missing'
  return isProtected(disk, path) === true ? 'protected' : 'changeable'
}

export const hookShown = (
  { client, scope, file }: Configuration,
  hook: RawHook,
  show: Show,
): InventoryHook => ({
  client,
  scope,
  event: show(hook.event),
  kind: hook.kind,
  runs: show(hook.runs, 512),
  isWrit: hook.isWrit,
  place: { file: show(file, 1024), pointer: pointerShown(hook.pointer, show) },
})

/** The files by which an organisation binds clients, and who can change them. */
export function managedFiles(
  disk: Disk,
  { platform }: Machine,
  configurations: readonly Configuration[],
  show: Show,
): readonly InventoryManaged[] {
  const read = configurations
    .filter(({ scope }) => scope === 'managed')
    .map(({ client, file }) => ({ client, file }))
  const others = MANAGED_FILES.filter(({ on }) => on.includes(platform)).flatMap(({ client, path }) =>
    filesAt(disk, path)
      .filter((file) => disk.facts(file) !== null)
      .map((file) => ({ client, file })),
  )
  return [...read, ...others].map(({ client, file }) => {
    const { owner = null, mode = null } = disk.facts(file) ?? {}
    return {
      client,
      file: show(file, 1024),
      owner: owner === null ? null : ownerName(owner),
      mode: mode === null ? null : `0${(mode & 0o777).toString(8).padStart(3, '0')}`,
      isProtected: isProtected(disk, file),
    }
  })
}
