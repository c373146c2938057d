import type { InventoryAddition, InventoryReport } from '@writ/contracts'
import { INVENTORY_CAPS } from '@writ/contracts'
import { ADDITION_SOURCES, additionsAt } from './clients/additions.ts'
import { runningAgents } from './clients/running.ts'
import type { Disk, Machine } from './disk.ts'
import { isGovernable } from './governance.ts'
import type { Configuration, Looked } from './look.ts'
import { lookAround } from './look.ts'
import { resolved } from './places.ts'
import { agentsOf, hookShown, managedFiles } from './report/of-clients.ts'
import {
  byWeight,
  finding,
  findingOfProcess,
  findingsOfHooks,
  findingsOfReaders,
  findingsOfServers,
} from './report/of-findings.ts'
import type { Known } from './report/of-servers.ts'
import { judgeServer } from './report/of-servers.ts'
import type { Show } from './veil.ts'
import { showOf } from './veil.ts'

export type Scan = {
  readonly disk: Disk
  readonly machine: Machine
  /** ISO 8601 */
  readonly scannedAt: string
} & Omit<Known, 'stores' | 'show'>

/** What there is of agents on a machine. Reads files and nothing else; no secret is in what it returns. */
export function takeInventory({ disk, machine, scannedAt, ...known }: Scan): InventoryReport {
  const looked = lookAround(disk, machine)
  // Everything is read before anything is shown, so that what is a secret in one file is hidden in all of them.
  const show = showOf(secretsIn(looked.configurations))
  const judged = looked.configurations.map((one) => ({
    one,
    servers: one.servers.map((located) =>
      judgeServer(one, located, { ...known, stores: looked.stores, show }),
    ),
  }))
  const { agents, processes, managed } = clientsOn(disk, machine, looked, show)
  const findings = [
    ...judged.flatMap(({ one, servers }) => findingsOfServers(disk, one, servers, show)),
    ...looked.configurations.flatMap((one) => findingsOfHooks(disk, one, show)),
    ...looked.stores.flatMap((store) => findingsOfReaders(disk, store, show)),
    ...managed
      .filter((file) => file.isProtected === false)
      .map(({ client, file }) => finding('managed_file_changeable', client, file, { file, pointer: '' })),
    ...processes.filter(({ unsafe }) => unsafe.length > 0).map(findingOfProcess),
    ...agents
      .filter(({ client, governance }) => governance === 'ungoverned' && isGovernable(client))
      .map(({ client }) => finding('agent_ungoverned', client, client, null)),
  ]
  return bounded({
    format: 'writ.inventory.v1',
    scannedAt,
    platform: machine.platform,
    agents: [...agents],
    processes: [...processes],
    servers: judged.flatMap(({ servers }) => servers.map(({ server }) => server)),
    hooks: looked.configurations.flatMap((one) => one.hooks.map((hook) => hookShown(one, hook, show))),
    additions: additionsOf(disk, machine, looked, show),
    managed: [...managed],
    findings: findings.toSorted(byWeight),
    problems: looked.problems.map(({ file, problem }) => ({ file: show(file, 1024), problem })),
    more: false,
  })
}

const secretsIn = (configurations: readonly Configuration[]): readonly string[] =>
  configurations.flatMap(({ servers }) =>
    servers.flatMap(({ entry }) => entry.held.flatMap(({ secrets }) => secrets)),
  )

const clientsOn = (disk: Disk, machine: Machine, { configurations }: Looked, show: Show) => ({
  agents: agentsOf(disk, machine, configurations, show),
  processes: machine.platform === 'linux' ? runningAgents(disk) : [],
  managed: managedFiles(disk, machine, configurations, show),
})

function additionsOf(disk: Disk, machine: Machine, { workspaces }: Looked, show: Show): InventoryAddition[] {
  const found = ADDITION_SOURCES.flatMap((source) =>
    source.scope === 'project'
      ? workspaces.flatMap((project) => additionsAt(disk, source, source.path.replace('{project}', project)))
      : additionsAt(disk, source, resolved(source.path, machine)),
  )
  return found.map((one) => ({ ...one, name: show(one.name), folder: show(one.folder, 1024) }))
}

/** As much of a report as there may be of one. */
function bounded(report: InventoryReport): InventoryReport {
  const cut = {
    agents: report.agents.slice(0, INVENTORY_CAPS.agents),
    processes: report.processes.slice(0, INVENTORY_CAPS.processes),
    servers: report.servers.slice(0, INVENTORY_CAPS.servers),
    hooks: report.hooks.slice(0, INVENTORY_CAPS.hooks),
    additions: report.additions.slice(0, INVENTORY_CAPS.additions),
    managed: report.managed.slice(0, INVENTORY_CAPS.managed),
    findings: report.findings.slice(0, INVENTORY_CAPS.findings),
    problems: report.problems.slice(0, INVENTORY_CAPS.problems),
  }
  const left = [
    cut.agents.length < report.agents.length,
    cut.processes.length < report.processes.length,
    cut.servers.length < report.servers.length,
    cut.hooks.length < report.hooks.length,
    cut.additions.length < report.additions.length,
    cut.managed.length < report.managed.length,
    cut.findings.length < report.findings.length,
    cut.problems.length < report.problems.length,
  ]
  return { ...report, ...cut, more: left.includes(true) }
}
