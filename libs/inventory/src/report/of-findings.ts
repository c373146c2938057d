import type {
  InventoryClient,
  InventoryFinding,
  InventoryFindingCode,
  InventoryPlace,
  InventoryProcess,
} from '@writ/contracts'
import type { Disk } from '../disk.ts'
import { switchesHooksOff } from '../hooks.ts'
import type { Configuration, TokenStore } from '../look.ts'
import { TEXTS } from '../texts.ts'
import type { Show } from '../veil.ts'
import { cut } from '../veil.ts'
import { programStanding } from './of-clients.ts'
import type { Judged } from './of-servers.ts'
import { pointerShown } from './of-servers.ts'
import { readersOf } from './rights.ts'

/** @param subject shown already */
export const finding = (
  code: InventoryFindingCode,
  client: InventoryClient,
  subject: string,
  place: InventoryPlace | null,
): InventoryFinding => ({ code, client, subject: cut(subject, 512), place, ...TEXTS[code] })

/** @param file shown already */
const wholeFile = (code: InventoryFindingCode, client: InventoryClient, file: string): InventoryFinding =>
  finding(code, client, file, { file, pointer: '' })

export function findingsOfServers(
  disk: Disk,
  one: Configuration,
  servers: readonly Judged[],
  show: Show,
): readonly InventoryFinding[] {
  const found = servers.flatMap(({ server, findings }) =>
    findings.map(({ code, subject, pointer }) =>
      finding(code, one.client, subject, { ...server.place, pointer }),
    ),
  )
  const hasSecret = found.some(({ code }) => code === 'secret_in_file' || code === 'secret_in_url')
  return hasSecret ? [...found, ...findingsOfReaders(disk, one, show)] : found
}

/** Of a file that holds secrets. */
export function findingsOfReaders(
  disk: Disk,
  { client, file }: Pick<TokenStore, 'client' | 'file'>,
  show: Show,
): readonly InventoryFinding[] {
  const readers = readersOf(disk, file)
  if (readers === 'owner') return []
  return [
    wholeFile(
      readers === 'all' ? 'secret_readable_by_all' : 'secret_readable_by_group',
      client,
      show(file, 500),
    ),
  ]
}

export function findingsOfHooks(disk: Disk, one: Configuration, show: Show): readonly InventoryFinding[] {
  const file = show(one.file, 1024)
  const hooks = one.hooks.flatMap((hook) => {
    const place = { file, pointer: pointerShown(hook.pointer, show) }
    const subject = `${show(hook.event)}: ${show(hook.runs)}`
    const isMissing = programStanding(disk, hook) === 'missing'
    return [
      ...(isMissing ? [finding('hook_program_missing', one.client, subject, place)] : []),
      ...(hook.runsDownload ? [finding('download_and_run', one.client, subject, place)] : []),
    ]
  })
  const isOff = one.scope !== 'managed' && switchesHooksOff(one.value)
  return isOff ? [...hooks, wholeFile('hooks_switched_off', one.client, file)] : hooks
}

export const findingOfProcess = ({ client, pid, unsafe }: InventoryProcess): InventoryFinding =>
  finding('agent_unprotected', client, `process ${pid}: ${unsafe.join(' ')}`, null)

const WEIGHTS = { high: 0, medium: 1, low: 2 } as const

/** The severest first. */
export const byWeight = (one: InventoryFinding, other: InventoryFinding): number =>
  WEIGHTS[one.severity] - WEIGHTS[other.severity] ||
  one.client.localeCompare(other.client) ||
  one.code.localeCompare(other.code) ||
  one.subject.localeCompare(other.subject)
