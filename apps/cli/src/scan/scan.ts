import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InventoryReport } from '@writ/contracts'
import { isLocal, takeInventory } from '@writ/inventory'
import type { Machine, Platform, Scan } from '@writ/inventory'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { readProfile, readProfileOnly } from '../profile.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { nodeDisk } from './node-disk.ts'
import { openSalt } from './salt.ts'
import { tableOf } from './table.ts'

export type ScanOptions = {
  /** workspaces besides the current folder */
  readonly path: readonly string[]
  readonly home: string | undefined
  readonly platform: Platform
  /** whose tenant is told; null: nobody is */
  readonly upload: string | null
  /** the variable PATH */
  readonly searched: string
}

/** What there is of agents on this machine. It starts nothing. The answer is no where a finding is of high severity. */
export async function scan(config: CliConfig, options: ScanOptions, terminal: Terminal): Promise<ExitCode> {
  const report = withoutTexts({
    disk: nodeDisk,
    machine: machineOf(options),
    scannedAt: new Date().toISOString(),
    salt: await openSalt(config.WRIT_HOME),
    gateways: await gatewaysIn(config.WRIT_HOME),
    isThisWrit,
  })
  const refused = options.upload === null ? null : await uploaded(config, options.upload, report, terminal)
  show(terminal, report, tableOf(report))
  if (refused !== null) {
    terminal.note(`writ: ${refused.message}\n${refused.remedy}`)
    return refused.exitCode
  }
  return report.findings.some(({ severity }) => severity === 'high') ? EXIT.no : EXIT.ok
}

/** @throws Failure that says nothing of what was read: the message of a fault may hold a piece of it */
export function withoutTexts(wanted: Scan): InventoryReport {
  try {
    return takeInventory(wanted)
  } catch (error) {
    throw new Failure(
      `the scan came upon something that it cannot read (${error instanceof Error ? error.constructor.name : 'fault'})`,
      'This is a fault of writ itself; please report it. Nothing of your files is in this message.',
      EXIT.fault,
    )
  }
}

function machineOf({ path, home, platform, searched }: ScanOptions): Machine {
  return {
    platform,
    home: slashed(resolve(home ?? homedir())),
    workspaces: [process.cwd(), ...path].map((folder) => slashed(resolve(folder))),
    // A home that is not this user's has another PATH.
    path:
      home === undefined
        ? searched
            .split(platform === 'win32' ? ';' : ':')
            .filter(isAbsolute)
            .map(slashed)
        : [],
  }
}

const slashed = (path: string): string => path.replaceAll('\\', '/')
const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/])/.test(path)

const BIN = fileURLToPath(new URL('../../bin/writ.mjs', import.meta.url))

/** By its bare name, which is the one on PATH, or by a path that leads to this program. */
function isThisWrit(program: string): boolean {
  if (!/[\\/]/.test(program)) return /^writ(?:\.cmd|\.exe)?$/.test(program)
  return isLocal(program) && nodeDisk.realPath(program) === nodeDisk.realPath(BIN)
}

/** Of every agent that is enrolled here. */
async function gatewaysIn(home: string): Promise<readonly string[]> {
  const folder = join(home, 'profiles')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : []
  const profiles = await Promise.all(names.map((name) => readProfileOnly(home, name).catch(() => null)))
  return profiles.flatMap((profile) => profile?.gateways ?? []).map((gateway) => new URL(gateway).origin)
}

/** The failure where it was not taken; the report is shown all the same. */
async function uploaded(
  config: CliConfig,
  profile: string,
  report: InventoryReport,
  terminal: Terminal,
): Promise<Failure | null> {
  try {
    const { uploadInventory } = await import('./upload.ts')
    const stored = await readProfile(config.WRIT_HOME, profile, keyStoresOf(config, terminal))
    await uploadInventory(config, stored, report)
    return null
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}
