// The tables of docs/clients.md, from one run.
import { CLIENTS } from './table.mjs'
import { BEHAVIOURS } from './scripted-hook.mjs'

const BEGIN = '<!-- written by `npm run clients -- --write` -->'
const END = '<!-- end of what is written -->'

/** The page with the tables of this run in the place of those before; parts that were not asked for stay as they are. */
export function withTables(page, report) {
  const [before = '', rest = ''] = page.split(BEGIN)
  const [old = '', after = ''] = rest.split(END)
  return `${before}${BEGIN}\n\n${tablesOf(report, old)}\n${END}${after}`
}

/** The tables of this run, and of an older text what this run has not. */
export function tablesOf(report, old = '') {
  const sections = SECTIONS.map(([title, write]) => {
    const lines = write(report)
    return lines === null ? sectionIn(old, title) : `### ${title}\n\n${lines.join('\n')}\n`
  })
  return sections.filter((text) => text !== '').join('\n')
}

function sectionIn(text, title) {
  const begun = text.indexOf(`### ${title}\n`)
  if (begun < 0) return ''
  const next = text.indexOf('\n### ', begun)
  return `${text.slice(begun, next < 0 ? undefined : next + 1).trimEnd()}\n`
}

const SECTIONS = [
  ['Governed, from the hook to the record', governed],
  ['Ways around the managed tier', bypasses],
  ['What a hook adds to one action in Claude Code', timing],
  ['When a hook fails', matrix],
]

function governed({ governed: rows, at }) {
  if (rows.length === 0) return null
  return [
    `Run on ${at.slice(0, 10)}.`,
    '',
    ...table(
      [
        'client',
        'allowed command',
        'forbidden command',
        'reason reached the model',
        'on record',
        'records verify',
        '`writ hooks doctor`',
      ],
      rows.map((row) => [
        nameOf(row),
        ...(row.notRun === undefined
          ? [
              row.allowedRan ? 'ran' : 'did not run',
              row.forbiddenRan ? '**ran**' : 'did not run',
              row.reasonReached ? 'yes' : 'no',
              row.recorded.join(', '),
              row.verified ? 'yes' : 'no',
              [row.doctor, ...row.reasons].join(': '),
            ]
          : [`not run: ${row.notRun}`, '', '', '', '', '']),
      ]),
    ),
  ]
}

function bypasses({ bypasses: rows }) {
  if (rows.length === 0) return null
  return table(
    ['client', 'way', 'what is forbidden', ''],
    rows.map((row) => [
      nameOf(row),
      row.title,
      row.notRun === undefined ? (WORDS[row.outcome] ?? row.outcome) : `not run: ${row.notRun}`,
      row.holds === false ? (row.falls ?? '**not expected**') : '',
    ]),
  )
}

function timing({ timing: measured }) {
  if (measured === null) return null
  if (measured.notRun !== undefined) return [`Not run: ${measured.notRun}`]
  const { bare, native, node, actions } = measured
  return [
    `Between what the model said and its next request, median of ${actions} actions, each with a hook before it and one after it:`,
    '',
    ...table(
      ['', 'ms', 'added'],
      [
        ['no hook', ms(bare), ''],
        ['the hook client', ms(native), ms(native - bare)],
        ['the same thing in node', ms(node), ms(node - bare)],
      ],
    ),
  ]
}

const ms = (value) => value.toFixed(0)

function matrix({ matrix: columns }) {
  if (columns.length === 0) return null
  return [
    '"runs": the action happened although the hook was there to stop it.',
    '',
    ...table(
      ['the hook', ...columns.map(({ title, ...column }) => title ?? nameOf(column))],
      BEHAVIOURS.map(([behaviour]) => [behaviour, ...columns.map((column) => cellOf(column, behaviour))]),
    ),
  ]
}

function cellOf({ cells, notRun }, behaviour) {
  if (notRun !== undefined) return `not run: ${notRun}`
  const cell = cells.find((one) => one.behaviour === behaviour)
  return cell === undefined || cell.outcome === 'not run' ? 'not run' : (WORDS[cell.outcome] ?? cell.outcome)
}

const WORDS = { runs: '**runs**', 'does not start': 'blocked before the model is asked' }

const nameOf = ({ client, version }) => `${CLIENTS[client].title} ${version}`

const table = (head, rows) => [line(head), line(head.map(() => '---')), ...rows.map(line)]

function line(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
