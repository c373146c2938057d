import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { PackId, PackQuery, PackView } from '@writ/contracts'
import type { ApiAccess } from '../api.ts'
import { callApi, downloadByApi, Refused } from '../api.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { exportEvidence } from './audit.ts'
import { followPack } from './follow-pack.ts'

export type ExportOptions = {
  readonly file: string | undefined
  readonly out?: string
  readonly format?: string
  readonly from?: string
  readonly to?: string
  readonly leaves?: string
  readonly filter?: readonly string[]
  readonly withHashes?: boolean
  /** false: what is sealed stays so */
  readonly disclose?: boolean
  /** one that was asked for before */
  readonly pack?: string
}

/** Has a pack made and writes it to a file; or evidence, the one JSON document of before. */
export function exportRecords(
  access: ApiAccess,
  options: ExportOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const file = fileOf(options)
  const query = queryOf(options)
  if (options.pack !== undefined || formatOf(options, file) === 'pack')
    return exportPack(
      access,
      { file: file ?? 'writ-pack.zip', query, known: packIn(options, file, query) },
      terminal,
    )
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

/** @returns the id of a pack that was asked for before; null: one is to be asked for */
function packIn(options: ExportOptions, file: string | undefined, query: Body): PackId | null {
  if (options.pack === undefined) return null
  const id = PackId.safeParse(options.pack)
  if (!id.success)
    throw new Failure(
      '--pack is not the id of a pack',
      'It begins with pak_; GET /api/v1/audit/packs lists them.',
    )
  if (Object.keys(query).length > 0)
    throw new Failure(
      'what a pack holds was said when it was asked for',
      'Leave ranges and filters out, or leave --pack out to ask for another one.',
    )
  if (formatOf(options, file) !== 'pack')
    throw new Failure('a pack is no evidence', 'Name a file that ends in .zip, without --format evidence.')
  return id.data
}

function queryOf(options: ExportOptions): Body {
  const { leaves, filter, withHashes, disclose } = options
  const body = {
    ...timeOf(options),
    ...(leaves !== undefined && { leaves: leavesIn(leaves) }),
    ...(filter !== undefined && { filter: filtersIn(filter) }),
    ...(withHashes === true && { withHashes }),
    ...(disclose === false && { disclose }),
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
  const ms = MOMENT.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return new Date(ms).toISOString()
  throw new Failure(
    `${option} is no moment`,
    'Give a day such as 2026-10-01, or a time such as 2026-10-01T12:00:00Z. Days are those of UTC.',
  )
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** The 31st of February would be read as a day of March. */
function isDay(text: string): boolean {
  const ms = Date.parse(text)
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text)
}

function leavesIn(text: string): PackQuery['leaves'] {
  const [, from, to] = /^(\d{1,15})?-(\d{1,15})?$/.exec(text) ?? []
  if (from === undefined && to === undefined)
    throw new Failure(
      '--leaves is no range',
      'Give it such as 0-1000: the first leaf, and the one before which it ends.',
    )
  return { ...(from !== undefined && { from: Number(from) }), ...(to !== undefined && { to: Number(to) }) }
}

/** One value of each name: of two the control plane would hear the last one only. */
function filtersIn(texts: readonly string[]): Record<string, string> {
  const filters = new Map<string, string>()
  for (const [name, value] of texts.map(filterIn)) {
    if (filters.has(name))
      throw new Failure(`--filter ${name} stands twice`, 'Name it once, and ask for a pack of each value.')
    filters.set(name, value)
  }
  return Object.fromEntries(filters)
}

function filterIn(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new Failure('--filter has no value', 'Give it such as --filter outcome=deny.')
}

type PackFile = { readonly file: string; readonly query: Body; readonly known: PackId | null }

async function exportPack(
  access: ApiAccess,
  { file, query, known }: PackFile,
  terminal: Terminal,
): Promise<ExitCode> {
  const asked = await (known === null
    ? callApi(access, 'audit/packs', PackView, query)
    : callApi(access, `audit/packs/${known}`, PackView))
  const pack = await followPack(access, asked, terminal)
    .then(async (made) => {
      await download(access, made, file)
      return made
    })
    .catch((error: unknown) => {
      throw keptFor(asked.id, error)
    })
  const { id, kind, rows, leaves, treeSize } = pack
  show(
    terminal,
    { file, id, kind, rows, leaves, treeSize },
    `${textOf(pack)} written to ${file}. Verify it: writ audit verify ${file}`,
  )
  return EXIT.ok
}

/** It is made all the same, and kept for some days: nobody should have to ask for it twice. */
function keptFor(id: PackId, error: unknown): unknown {
  const isGone = error instanceof Refused && [404, 410].includes(error.status)
  if (!(error instanceof Failure) || error.exitCode === EXIT.no || isGone) return error
  const { message, remedy, exitCode } = error
  return new Failure(
    `pack ${id} was not fetched: ${message}`,
    `${remedy}\nTake up the same pack: writ audit export --pack ${id} <file>`,
    exitCode,
  )
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

/** Under a name of its own until all of it is there and is what the control plane said it is. */
async function download(access: ApiAccess, { id, file: known }: PackView, file: string): Promise<void> {
  const part = `${file}.${randomBytes(6).toString('hex')}.part`
  const sha256 = createHash('sha256')
  let leftBytes = known?.sizeBytes ?? 0
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort()
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    await pipeline(
      downloadByApi(access, `audit/packs/${id}/file`, interruption.signal),
      async function* (parts: AsyncIterable<Uint8Array>) {
        for await (const bytes of parts) {
          leftBytes -= bytes.length
          if (leftBytes < 0) throw damaged()
          sha256.update(bytes)
          yield bytes
        }
      },
      createWriteStream(part, { mode: 0o600, flags: 'wx' }),
      { signal: interruption.signal },
    )
    if (sha256.digest('hex') !== known?.sha256) throw damaged()
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw interruption.signal.aborted ? interrupted() : notWritten(file, error)
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}

/** What was opened for this reader is not left lying about in half a file. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const notWritten = (file: string, error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure(
        `cannot write ${file}`,
        'Name a file in a folder that exists and is yours, on a disk with room.',
      )

const interrupted = (): Failure =>
  new Failure('the download was interrupted', 'Nothing was written.', EXIT.unavailable)

const damaged = (): Failure =>
  new Failure('the pack came damaged', 'Nothing was written. Try again.', EXIT.unavailable)
