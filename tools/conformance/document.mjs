// The table of docs/conformance.md, made from what was measured.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLONE } from '../state.mjs'
import { CLIENT_SCENARIOS } from './client-scenarios.mjs'
import { MCP_CLIENTS } from './mcp-clients/table.mjs'
import { SETS, WAYS } from './server-ways.mjs'

const PAGE = join(CLONE, 'docs', 'conformance.md')

/** Replaces the tables of the parts that were run. */
export function documentResults(results) {
  let page = readFileSync(PAGE, 'utf8')
  for (const part of ['client', 'authority']) {
    const rows = results.filter(({ name }) => name.startsWith(`${part}.`))
    if (rows.length > 0) page = withTable(page, part, tableOf(part, rows))
  }
  const ofServer = results.filter(({ name }) => name.startsWith('server.'))
  if (ofServer.length > 0) page = withTable(page, 'server', serverTable(ofServer))
  const ofClients = results.filter(({ name }) => name.startsWith('clients.'))
  if (ofClients.length > 0) page = withTable(page, 'clients', clientsTable(ofClients))
  writeFileSync(PAGE, page)
}

const clientsTable = (results) =>
  table(
    ['client', 'protocol', 'result'],
    results.map((result) => {
      const { title, version } = MCP_CLIENTS[result.name.slice('clients.'.length)]
      return [title, version, result.holds ? 'lists tools, calls one, is on record' : said(result)]
    }),
  )

function said(result) {
  if (result === undefined) return ''
  return result.holds || result.value === null ? result.detail : `**${result.detail}**`
}

/** A row for each way to the server; what was not run, or did not hold, says why. */
function serverTable(results) {
  const rowOf = (name) => results.find((result) => result.name === name)
  const ways = Object.entries({ direct: 'no gateway', ...WAYS }).filter(([way]) =>
    rowOf(`server.${SETS[0]}.${way}.scenarios`),
  )
  return table(
    ['way to the server', ...SETS, 'worse than without a gateway', 'on record'],
    ways.map(([way, words]) => [
      words,
      ...SETS.map((set) => said(rowOf(`server.${set}.${way}.scenarios`))),
      SETS.map((set) => said(rowOf(`server.${set}.${way}.worse`)))
        .filter(Boolean)
        .join('; '),
      said(rowOf(`server.${way}.recorded`)),
    ]),
  )
}

function withTable(page, part, made) {
  const [begin, end] = [`<!-- ${part}: begin -->`, `<!-- ${part}: end -->`]
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`docs/conformance.md has no place for the table of ${part}`)
  return `${before}${begin}\n\n${made}\n\n${end}${after}`
}

const tableOf = (part, rows) =>
  table(
    part === 'client' ? ['scenario', 'what it asks of a client', 'result'] : ['scenario', 'result'],
    rows.map(({ name, holds, detail }) => {
      const scenario = name.slice(part.length + 1)
      const result = holds === null ? detail : `${holds ? 'passes' : '**fails**'}: ${detail}`
      return part === 'client'
        ? [`\`${scenario}\``, CLIENT_SCENARIOS[scenario].asks, result]
        : [`\`${scenario}\``, result]
    }),
  )

function table(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
