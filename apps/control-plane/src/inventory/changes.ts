import type { InventoryChange, InventoryFinding, InventoryReport, InventoryServer } from '@writ/contracts'

const MOST_CHANGES = 1000

/** What is different in the newer report: servers by where they stand, findings by what they are about. */
export function changesBetween(before: InventoryReport, after: InventoryReport): InventoryChange[] {
  const [old, now] = [serversOf(before), serversOf(after)]
  const [known, found] = [findingsOf(before), findingsOf(after)]
  return [
    ...missingIn(old, now).map((server) => ofServer('server_added', server)),
    ...missingIn(now, old).map((server) => ofServer('server_removed', server)),
    ...changedFrom(old, now).map((server) => ofServer('server_changed', server)),
    ...missingIn(known, found).map((finding) => ofFinding('finding_added', finding)),
    ...missingIn(found, known).map((finding) => ofFinding('finding_resolved', finding)),
  ].slice(0, MOST_CHANGES)
}

const serversOf = ({ servers }: InventoryReport): ReadonlyMap<string, InventoryServer> =>
  new Map(servers.map((server) => [keyOf(server.client, server.place.file, server.place.pointer), server]))

const findingsOf = ({ findings }: InventoryReport): ReadonlyMap<string, InventoryFinding> =>
  new Map(
    findings.map((finding) => [
      keyOf(finding.code, finding.client, subjectOf(finding), finding.place?.file ?? ''),
      finding,
    ]),
  )

/** A process has another number each time, and is the same finding. */
const subjectOf = ({ code, subject }: InventoryFinding): string =>
  code === 'agent_unprotected' ? subject.replace(/\d+/, '') : subject

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts)

/** What the second has and the first has not. */
const missingIn = <T>(first: ReadonlyMap<string, T>, second: ReadonlyMap<string, T>): readonly T[] =>
  [...second].filter(([key]) => !first.has(key)).map(([, value]) => value)

const changedFrom = (
  old: ReadonlyMap<string, InventoryServer>,
  now: ReadonlyMap<string, InventoryServer>,
): readonly InventoryServer[] =>
  [...now]
    .filter(([key, server]) => old.has(key) && JSON.stringify(old.get(key)) !== JSON.stringify(server))
    .map(([, server]) => server)

const ofServer = (change: InventoryChange['change'], server: InventoryServer): InventoryChange => ({
  change,
  client: server.client,
  subject: server.name,
  file: server.place.file,
  code: null,
})

const ofFinding = (change: InventoryChange['change'], finding: InventoryFinding): InventoryChange => ({
  change,
  client: finding.client,
  subject: finding.subject,
  file: finding.place?.file ?? null,
  code: finding.code,
})
