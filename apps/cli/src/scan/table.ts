import type { InventoryFinding, InventoryReport, InventoryServer } from '@writ/contracts'

const WIDTH = 100

/** The report for somebody who reads it in a terminal of 100 columns. */
export function tableOf(report: InventoryReport): string {
  return [
    ...section('AGENTS', agentLines(report)),
    ...section('MCP SERVERS', serverLines(report)),
    ...section('HOOKS', hookLines(report)),
    ...section('PLUGINS AND SKILLS', additionLines(report)),
    ...section('MANAGED FILES', managedLines(report)),
    ...section('FINDINGS', findingLines(report)),
    ...section(
      'NOT READ',
      report.problems.map(({ file, problem }) => `  ${fit(file, WIDTH - problem.length - 4)}  ${problem}`),
    ),
    ...(report.more ? ['There is more than a report can hold: only the first of each are in it.', ''] : []),
    summaryOf(report),
  ].join('\n')
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines, '']

const agentLines = ({ agents, processes }: InventoryReport): readonly string[] =>
  agents.flatMap(({ client, version, governance, reason }) => {
    const running = processes.filter((process) => process.client === client).length
    const where = running === 0 ? '' : `${running} running`
    return [
      `  ${columns([client, 16], [version ?? '', 12], [governance, 12], [where, 12])}`,
      ...wrapped(reason, '      '),
    ]
  })

const RISK_ORDER = ['high', 'medium', 'low', 'lowest'] as const

function serverLines({ servers }: InventoryReport): readonly string[] {
  if (servers.length === 0) return []
  const head = `  ${columns(['client', 15], ['server', 22], ['way', 7], ['credential', 19], ['target', 30])}`
  return [head, ...servers.map((server) => serverLine(server))]
}

const serverLine = (server: InventoryServer): string =>
  `  ${columns([server.client, 15], [`${server.name}${server.enabled ? '' : ' (off)'}`, 22], [server.way, 7], [credentialIn(server), 19], [server.target, 30])}`

/** The worst that it has. */
function credentialIn({ credentials }: InventoryServer): string {
  const worst = credentials.toSorted(
    (one, other) => RISK_ORDER.indexOf(one.risk) - RISK_ORDER.indexOf(other.risk),
  )[0]
  return worst === undefined ? '-' : `${worst.kind} (${worst.risk})`
}

const hookLines = ({ hooks }: InventoryReport): readonly string[] =>
  hooks.map(
    ({ client, scope, event, runs, isWrit }) =>
      `  ${columns([client, 15], [scope, 8], [event, 24], [isWrit ? 'Writ' : '', 5], [runs, 40])}`,
  )

const additionLines = ({ additions }: InventoryReport): readonly string[] =>
  additions.map(
    ({ client, kind, name, scope, hasScripts }) =>
      `  ${columns([client, 15], [kind, 7], [scope, 8], [hasScripts ? 'scripts' : 'words', 8], [name, 50])}`,
  )

const managedLines = ({ managed }: InventoryReport): readonly string[] =>
  managed.map(
    ({ client, file, owner, mode }) =>
      `  ${columns([client, 15], [owner ?? 'unknown', 10], [mode ?? '', 5], [file, 62])}`,
  )

/** The same finding in several places is said once, with its places below. */
function findingLines({ findings }: InventoryReport): readonly string[] {
  const groups = new Map<string, InventoryFinding[]>()
  for (const finding of findings) {
    const group = groups.get(finding.code) ?? []
    groups.set(finding.code, [...group, finding])
  }
  return [...groups.values()].flatMap((group) => {
    const [{ severity, what, advice } = { severity: '', what: '', advice: '' }] = group
    return [
      ...wrapped(`${severity.toUpperCase()}  ${what}`, '  ', '        '),
      ...group.flatMap(placeLines),
      ...wrapped(`do: ${advice}`, '        ', '            '),
    ]
  })
}

function placeLines({ client, subject, place }: InventoryFinding): readonly string[] {
  const named = subject === client ? client : `${client}  ${subject}`
  const lines = [`      - ${fit(named, WIDTH - 8)}`]
  return place === null || place.file === subject
    ? lines
    : [
        ...lines,
        `        ${fit(`${place.file}${place.pointer === '' ? '' : `#${place.pointer}`}`, WIDTH - 8)}`,
      ]
}

function summaryOf({ agents, servers, findings }: InventoryReport): string {
  const of = (severity: InventoryFinding['severity']) =>
    findings.filter((finding) => finding.severity === severity).length
  return `${counted(agents.length, 'agent')}, ${counted(servers.length, 'MCP server')}; findings: ${of('high')} high, ${of('medium')} medium, ${of('low')} low`
}

const columns = (...cells: readonly (readonly [text: string, width: number])[]): string =>
  cells
    .map(([text, width]) => fit(text, width).padEnd(width))
    .join(' ')
    .trimEnd()

const fit = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, Math.max(width - 1, 0))}…` : text

function wrapped(text: string, indent: string, hanging = indent): readonly string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd())
      line = hanging
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()]
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
