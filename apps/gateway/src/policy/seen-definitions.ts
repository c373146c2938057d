import { createHash } from 'node:crypto'
import type { BundleTool, CatalogueReport, ConnectionId, SeenDefinition } from '@writ/contracts'
import type { SeenDefinitions, SeenPin, TenantName } from '@writ/enforcement'
import { ControlPlaneAway, pause } from '@writ/point'
import type { ReportProblem } from '@writ/point'
import type { Definition } from '@writ/policy'
import { TWO_DEFINITIONS } from '@writ/policy'

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
  const connections = new Map<ConnectionId, Shown>()
  const waiting = new Waiting()
  return {
    seenOf: (connection, kind, name) => connections.get(connection)?.seenOf(kind, name),
    saw: (tenant, { connection, definitions, isContinued }) => {
      const shown = connections.get(connection) ?? new Shown()
      // oldest out: a Map keeps its order of insertion
      connections.delete(connection)
      connections.set(connection, shown)
      if (connections.size > MOST_CONNECTIONS) forgetOldest(connections)
      for (const news of shown.add(definitions, isContinued)) waiting.add(tenant, connection, news)
    },
    run: async (signal) => {
      for (; !signal.aborted; await pause(AGAIN_MS, signal)) await send(waiting, ports)
    },
  }
}

type ListedPin = SeenPin & { readonly listing: number }

/**
 * What one connection shows. A listing comes in pages: a name that is on two of them with two definitions has none of its own, because a
 * model may have read either, whichever comes last. The next listing replaces what this one said.
 */
class Shown {
  readonly #pins = new Map<string, ListedPin>()
  readonly #listings = new Map<BundleTool['kind'], number>()

  seenOf(kind: BundleTool['kind'], name: string): SeenPin | undefined {
    return this.#pins.get(keyOf(kind, name))
  }

  /** @returns what is new */
  add(definitions: readonly Definition[], isContinued: boolean): readonly Definition[] {
    const begun = isContinued ? [] : new Set(definitions.map(({ kind }) => kind))
    for (const kind of begun) this.#listings.set(kind, this.#listingOf(kind) + 1)
    return definitions.flatMap((definition) => this.#addOne(definition) ?? [])
  }

  #listingOf(kind: BundleTool['kind']): number {
    return this.#listings.get(kind) ?? 0
  }

  #pinOf({ kind, pin, contentPin }: Definition, before: ListedPin | undefined): SeenPin {
    const isOfListing = before?.listing === this.#listingOf(kind)
    return isOfListing && before.pin !== pin ? TWO : { pin, contentPin }
  }

  #addOne(definition: Definition): Definition | null {
    const key = keyOf(definition.kind, definition.name)
    const before = this.#pins.get(key)
    const now = { ...this.#pinOf(definition, before), listing: this.#listingOf(definition.kind) }
    this.#pins.delete(key)
    this.#pins.set(key, now)
    if (this.#pins.size > MOST_DEFINITIONS) forgetOldest(this.#pins)
    if (before?.pin === now.pin) return null
    return now.pin === TWO_DEFINITIONS ? withPinOfTwo(definition) : definition
  }
}

const TWO: SeenPin = { pin: TWO_DEFINITIONS, contentPin: TWO_DEFINITIONS }

/** The catalogue is told that it changed, with a pin that no definition has: approving it approves nothing that is ever shown. */
function withPinOfTwo(definition: Definition): Definition {
  const pin = createHash('sha256').update(`${TWO_DEFINITIONS} ${definition.pin}`).digest('hex')
  return { ...definition, pin, contentPin: pin }
}

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
