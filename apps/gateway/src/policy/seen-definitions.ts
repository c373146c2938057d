import type { BundleTool, CatalogueReport, ConnectionId, SeenDefinition } from '@writ/contracts'
import type { SeenDefinitions, TenantName } from '@writ/enforcement'
import type { Definition } from '@writ/policy'
import { ControlPlaneAway } from '../node/control-plane-http.ts'
import { pause } from '../pause.ts'
import type { ReportProblem } from '../problems.ts'

export type SeenDefinitionsPorts = {
  readonly reportCatalogue: (report: CatalogueReport) => Promise<void>
  readonly report: ReportProblem
}

/** Definitions kept for one connection, and connections kept: upstreams name them, so both are bounded. */
const MOST_DEFINITIONS = 2000
const MOST_CONNECTIONS = 10_000
const MOST_WAITING = 10_000
const A_REPORT = 10
const AGAIN_MS = 1000

/** Remembers what upstreams list, in the memory of this gateway, and tells the control plane about each definition once. */
export function createSeenDefinitions(ports: SeenDefinitionsPorts): SeenDefinitions & {
  readonly run: (signal: AbortSignal) => Promise<void>
} {
  const connections = new Map<ConnectionId, Map<string, string>>()
  const waiting = new Waiting()
  return {
    pinOf: (connection, kind, name) => connections.get(connection)?.get(keyOf(kind, name)),
    saw: (tenant, connection, definitions) => {
      const known = connections.get(connection) ?? new Map<string, string>()
      // oldest out: a Map keeps its order of insertion
      connections.delete(connection)
      connections.set(connection, known)
      if (connections.size > MOST_CONNECTIONS) forgetOldest(connections)
      const pins = pinsOf(definitions)
      for (const definition of definitions) {
        const key = keyOf(definition.kind, definition.name)
        const pin = pins.get(key) ?? definition.pin
        if (known.get(key) === pin) continue
        known.delete(key)
        known.set(key, pin)
        if (known.size > MOST_DEFINITIONS) forgetOldest(known)
        waiting.add(tenant, connection, definition)
      }
    },
    run: async (signal) => {
      for (; !signal.aborted; await pause(AGAIN_MS, signal)) await send(waiting, ports)
    },
  }
}

/** A name that one listing defines twice has no definition of its own: a model may have read either, so neither counts as approved. */
function pinsOf(definitions: readonly Definition[]): ReadonlyMap<string, string> {
  const pins = new Map<string, string>()
  for (const { kind, name, pin } of definitions) {
    const key = keyOf(kind, name)
    pins.set(key, pins.has(key) && pins.get(key) !== pin ? TWO_DEFINITIONS : pin)
  }
  return pins
}

/** Is no pin. */
const TWO_DEFINITIONS = 'two definitions'

const keyOf = (kind: BundleTool['kind'], name: string): string => `${kind}/${name}`

function forgetOldest<Key>(map: Map<Key, unknown>): void {
  for (const oldest of map.keys()) return void map.delete(oldest)
}

/** What is still to be told, by connection. */
class Waiting {
  readonly #reports = new Map<ConnectionId, { tenant: string; definitions: SeenDefinition[] }>()
  #count = 0

  add(tenant: TenantName, connection: ConnectionId, definition: Definition): void {
    if (this.#count >= MOST_WAITING) return
    const report = this.#reports.get(connection) ?? { tenant: tenant.slug, definitions: [] }
    report.definitions.push(reported(definition))
    this.#reports.set(connection, report)
    this.#count += 1
  }

  next(): CatalogueReport | null {
    for (const [connection, { tenant, definitions }] of this.#reports)
      return { tenant, connection, definitions: definitions.slice(0, A_REPORT) }
    return null
  }

  done({ connection, definitions }: CatalogueReport): void {
    const report = this.#reports.get(connection)
    report?.definitions.splice(0, definitions.length)
    this.#count -= definitions.length
    if (report?.definitions.length === 0) this.#reports.delete(connection)
  }
}

async function send(waiting: Waiting, { reportCatalogue, report }: SeenDefinitionsPorts): Promise<void> {
  for (let next = waiting.next(); next !== null; next = waiting.next()) {
    try {
      await reportCatalogue(next)
      waiting.done(next)
    } catch (error) {
      // A report that is refused will be refused again; one that did not arrive is tried again.
      if (isRefused(error)) waiting.done(next)
      report('definitions of tools could not be reported', error)
      return
    }
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof ControlPlaneAway && error.status !== null && error.status >= 400 && error.status < 500

const LONGEST_DESCRIPTION = 8192
const LARGEST_SCHEMA = 65_536
const LARGEST_ANNOTATIONS = 4096

/** Beyond the bounds of the wire a definition is told by its pins alone. */
function reported({
  kind,
  name,
  pin,
  contentPin,
  description,
  annotations,
  inputSchema,
}: Definition): SeenDefinition {
  return {
    kind,
    name,
    pin,
    contentPin,
    description: description.slice(0, LONGEST_DESCRIPTION),
    annotations: JSON.stringify(annotations).length <= LARGEST_ANNOTATIONS ? annotations : {},
    inputSchema: JSON.stringify(inputSchema).length <= LARGEST_SCHEMA ? inputSchema : null,
  }
}
