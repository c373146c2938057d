import { randomUUID } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Placeholder } from '@writ/sandbox'

/** Written and read by `writ run` alone, in a folder of its own. */
type Note = {
  readonly pid: number
  /** of the process, so that a number that is used again is not taken for it */
  readonly begun: string
  readonly placeholders: readonly Placeholder[]
}

/**
 * Makes what has to be there for a sandbox to hold it, and notes it, so that it goes away when the last run that needs it has ended, also after
 * a crash. What is not empty any more is left.
 * @returns removes them
 */
export function placePlaceholders(folder: string, wanted: readonly Placeholder[]): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  removeAbandoned(folder)
  const own = join(folder, `${process.pid}-${randomUUID()}.json`)
  const others = new Set(placedByOthers(folder).map(({ path }) => path))
  const note: Note = { pid: process.pid, begun: begunOf(process.pid), placeholders: [...wanted] }
  writeFileSync(own, JSON.stringify(note), { mode: 0o600, flag: 'wx' })
  for (const placeholder of wanted) if (!others.has(placeholder.path)) make(placeholder)
  return () => {
    rmSync(own, { force: true })
    removeUnused(note.placeholders, folder)
  }
}

/** Protected places that another run made empty: they count as absent, and are held like any other. */
export const placedByOthers = (folder: string): readonly Placeholder[] =>
  notesIn(folder).flatMap(({ note }) => note.placeholders)

function make({ path, kind, text }: Placeholder): void {
  try {
    if (kind === 'directory') mkdirSync(path)
    else writeFileSync(path, text, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    if (!existsSync(path)) throw error
  }
}

function removeAbandoned(folder: string): void {
  for (const { file, note } of notesIn(folder)) {
    if (begunOf(note.pid) === note.begun) continue
    rmSync(file, { force: true })
    removeUnused(note.placeholders, folder)
  }
}

function removeUnused(placeholders: readonly Placeholder[], folder: string): void {
  const used = new Set(placedByOthers(folder).map(({ path }) => path))
  for (const placeholder of placeholders.toReversed()) if (!used.has(placeholder.path)) remove(placeholder)
}

function remove({ path, kind, text }: Placeholder): void {
  try {
    const found = lstatSync(path)
    if (kind === 'directory' && found.isDirectory()) rmdirSync(path)
    else if (kind === 'file' && found.isFile() && readFileSync(path, 'utf8') === text) unlinkSync(path)
  } catch {
    // somebody has put something there, or taken it away
  }
}

function notesIn(folder: string): readonly { readonly file: string; readonly note: Note }[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name)
    try {
      return [{ file, note: noteIn(readFileSync(file, 'utf8')) }]
    } catch {
      return []
    }
  })
}

/** Ticks at which a process began; empty when there is none. */
function begunOf(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function noteIn(text: string): Note {
  const note: Note = JSON.parse(text)
  if (!Array.isArray(note.placeholders) || typeof note.pid !== 'number') throw new SyntaxError('no note')
  return note
}
