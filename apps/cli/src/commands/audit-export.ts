import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { PackQuery, PackView } from '@writ/contracts'
import type { ApiAccess } from '../api.ts'
import { callApi, downloadByApi } from '../api.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { exportEvidence } from './audit.ts'

export type ExportOptions = {
  readonly file: string | undefined
  readonly out?: string
  readonly format?: string
  readonly from?: string
  readonly to?: string
  readonly leaves?: string
  readonly filter?: readonly string[]
  readonly withHashes?: boolean
}

/** Has a pack made and writes it to a file; or evidence, the one JSON document of before. */
export function exportRecords(
  access: ApiAccess,
  options: ExportOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const file = fileOf(options)
  const query = queryOf(options)
  if (formatOf(options, file) === 'pack')
    return exportPack(access, { file: file ?? 'writ-pack.zip', query }, terminal)
  if (Object.keys(query).length > 0)
    throw new Failure(
      'evidence is always of all records',
      'For some of them leave --format evidence out: a pack takes ranges and filters.',
    )
  return exportEvidence(access, file ?? 'evidence.json', terminal)
}

function fileOf({ file, out }: ExportOptions): string | undefined {
  if (file !== undefined && out !== undefined)
    throw new Failure('there are two files to write to', 'Name one: as the argument, or by --out.')
  return file ?? out
}

/** A file that is named .json holds evidence, as it always has. */
const formatOf = ({ format }: ExportOptions, file: string | undefined): string =>
  format ?? (file?.endsWith('.json') ? 'evidence' : 'pack')

type Body = Partial<PackQuery>

function queryOf(options: ExportOptions): Body {
  const { leaves, filter, withHashes } = options
  const body = {
    ...timeOf(options),
    ...(leaves !== undefined && { leaves: leavesIn(leaves) }),
    ...(filter !== undefined && { filter: Object.fromEntries(filter.map(filterIn)) }),
    ...(withHashes === true && { withHashes }),
  }
  const read = PackQuery.safeParse(body)
  if (read.success) return body
  throw new Failure(read.error.issues.map(faultText).join('; '), 'See: writ audit export --help')
}

const faultText = ({
  path,
  message,
}: {
  readonly path: readonly PropertyKey[]
  readonly message: string
}): string => `${path.map(String).join('.') || 'the query'}: ${message}`

const timeOf = ({ from, to }: ExportOptions): Body =>
  from === undefined && to === undefined
    ? {}
    : { time: { since: momentOf('--from', from), until: momentOf('--to', to) } }

function momentOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const ms = MOMENT.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return new Date(ms).toISOString()
  throw new Failure(
    `${option} is no moment`,
    'Give a day such as 2026-10-01, or a time such as 2026-10-01T12:00:00Z. Days are those of UTC.',
  )
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

function leavesIn(text: string): PackQuery['leaves'] {
  const [, from, to] = /^(\d{1,15})?-(\d{1,15})?$/.exec(text) ?? []
  if (from === undefined && to === undefined)
    throw new Failure(
      '--leaves is no range',
      'Give it such as 0-1000: the first leaf, and the one before which it ends.',
    )
  return { ...(from !== undefined && { from: Number(from) }), ...(to !== undefined && { to: Number(to) }) }
}

function filterIn(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new Failure('--filter has no value', 'Give it such as --filter outcome=deny.')
}

type PackFile = { readonly file: string; readonly query: Body }

async function exportPack(
  access: ApiAccess,
  { file, query }: PackFile,
  terminal: Terminal,
): Promise<ExitCode> {
  const asked = await callApi(access, 'audit/packs', PackView, query)
  const pack = await made(access, asked, terminal)
  await download(access, pack, file)
  const { id, kind, rows, leaves, treeSize } = pack
  show(
    terminal,
    { file, id, kind, rows, leaves, treeSize },
    `${textOf(pack)} written to ${file}. Verify it: writ audit verify ${file}`,
  )
  return EXIT.ok
}

const textOf = ({ kind, rows, leaves }: PackView): string => {
  const range = leaves === null ? '' : ` of leaves ${leaves.from} to ${leaves.to - 1}`
  const proof = {
    range: 'complete',
    filter: 'inclusion only',
    'filter-with-hashes': 'inclusion, with the hashes of all others',
  }[kind]
  return `${rows} records${range} (${proof})`
}

/** Soon at first, since most packs are small. */
const FIRST_LOOK_MS = 50
const LOOK_MS = 1000

async function made(access: ApiAccess, asked: PackView, terminal: Terminal): Promise<PackView> {
  let pack = asked
  let told = ''
  let lookMs = FIRST_LOOK_MS
  while (pack.state === 'waiting' || pack.state === 'making') {
    const step = stepOf(pack)
    if (step !== told && !terminal.json) terminal.note(step)
    told = step
    await pause(lookMs)
    lookMs = Math.min(LOOK_MS, 2 * lookMs)
    pack = await callApi(access, `audit/packs/${pack.id}`, PackView)
  }
  if (pack.state === 'done') return pack
  throw new Failure(
    `no pack was made: ${pack.failure ?? `it is ${pack.state}`}`,
    'Ask for another range, or ask again.',
    EXIT.no,
  )
}

/** In tenths, so that a long one says something now and then. */
function stepOf({ state, progress }: PackView): string {
  if (progress === null)
    return state === 'waiting' ? 'waiting for its turn, and for the log to be signed' : 'begun'
  const { step, done, total } = progress
  return total === null || total === 0
    ? step
    : `${step}: ${Math.floor((10 * done) / total) * 10} % of ${total}`
}

/** Under another name until all of it is there and is what the control plane said it is. */
async function download(access: ApiAccess, { id, file: known }: PackView, file: string): Promise<void> {
  const part = `${file}.part`
  const sha256 = createHash('sha256')
  try {
    await pipeline(
      downloadByApi(access, `audit/packs/${id}/file`),
      async function* (parts: AsyncIterable<Uint8Array>) {
        for await (const bytes of parts) {
          sha256.update(bytes)
          yield bytes
        }
      },
      createWriteStream(part, { mode: 0o600 }),
    )
    if (sha256.digest('hex') !== known?.sha256)
      throw new Failure('the pack came damaged', 'Ask again.', EXIT.unavailable)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    if (error instanceof Failure) throw error
    throw new Failure(
      `cannot write ${file}`,
      'Name a file in a folder that exists and is yours, on a disk with room.',
    )
  }
}
