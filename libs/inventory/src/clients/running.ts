import type { InventoryProcess } from '@writ/contracts'
import type { Disk } from '../disk.ts'
import { textOf } from '../reading/parse.ts'
import { programOf } from '../servers/words.ts'
import type { ClientRow } from './client-table.ts'
import { CLIENT_TABLE, UNSAFE_OPTIONS } from './client-table.ts'

const MOST_PROCESSES = 20_000

/** Agents that run now, as `/proc` says: Linux only. Of their command lines only what switches protection off is kept. */
export const runningAgents = (disk: Disk): readonly InventoryProcess[] =>
  disk
    .list('/proc')
    .filter(({ name }) => /^\d{1,10}$/.test(name))
    .slice(0, MOST_PROCESSES)
    .flatMap(({ name }) => processOf(disk, name))

function processOf(disk: Disk, pid: string): readonly InventoryProcess[] {
  const reading = disk.read(`/proc/${pid}/cmdline`)
  if (reading.state !== 'read') return []
  const words = textOf(reading.bytes).text.split('\0')
  const row = CLIENT_TABLE.find((one) => isRunning(one, words))
  if (row === undefined) return []
  const owner = disk.facts(`/proc/${pid}`)?.owner ?? null
  return [
    {
      client: row.client,
      pid: Number(pid),
      owner: owner === null ? null : ownerName(owner),
      unsafe: unsafeIn(words),
    },
  ]
}

/** A program of that name, or an interpreter with a script of it. `q` and `code` alone would be too many others. */
function isRunning({ programs, packages }: ClientRow, [first = '', ...rest]: readonly string[]): boolean {
  const known = new Set(programs.filter((name) => name !== 'q' && name !== 'code'))
  if (known.has(programOf(first))) return true
  if (!/^(?:node|bun|deno|nodejs)$/.test(programOf(first))) return false
  const script = rest.find((word) => !word.startsWith('-')) ?? ''
  return (
    known.has(programOf(script)) ||
    packages.some((name) => script.replaceAll('\\', '/').includes(`/node_modules/${name}/`))
  )
}

function unsafeIn(words: readonly string[]): string[] {
  const options = words.map((word) => word.split('=')[0] ?? '').filter((word) => UNSAFE_OPTIONS.has(word))
  const disabled = words.some((word, at) => word === '--disable' && words[at + 1] === 'hooks')
  return [...new Set([...options, ...(disabled ? ['--disable hooks'] : [])])].slice(0, 10)
}

export const ownerName = (owner: number): string => (owner === 0 ? 'root' : `uid ${owner}`)
