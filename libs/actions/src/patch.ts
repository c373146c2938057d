/** What a patch in the `*** Begin Patch` form does to one file. */
export type PatchedFile =
  | { readonly kind: 'add'; readonly path: string; readonly text: string }
  | { readonly kind: 'delete'; readonly path: string }
  | {
      readonly kind: 'update'
      readonly path: string
      /** where it goes; null where it stays */
      readonly movedTo: string | null
      readonly edits: readonly { readonly before: string; readonly after: string }[]
    }

type Part = { readonly header: string; readonly path: string; readonly lines: string[] }

/** The files of a patch; null where there is none in it, or something stands there that is no part of the form. */
export function readPatch(patch: string): readonly PatchedFile[] | null {
  const parts: Part[] = []
  let isOpen = false
  for (const line of patch.split(/\r?\n/)) {
    const header = HEADER.exec(line)
    if (/^\s*\*\*\* Begin Patch\s*$/.test(line)) isOpen = true
    else if (/^\s*\*\*\* End (?:Patch|of File)\s*$/.test(line)) continue
    else if (header !== null)
      parts.push({ header: header[1] ?? '', path: (header[2] ?? '').trim(), lines: [] })
    else if (isStray(line, isOpen, parts)) return null
    else parts.at(-1)?.lines.push(line)
  }
  return parts.length === 0 ? null : filesOf(parts)
}

const HEADER = /^\s*\*\*\* (Add File|Delete File|Update File|Move to|Rename to): (.+)$/

/** Before the patch begins anything may stand; inside it every line belongs to a file, and no header is unknown. */
const isStray = (line: string, isOpen: boolean, parts: readonly Part[]): boolean =>
  line.startsWith('*** ') || (isOpen && parts.length === 0 && line.trim() !== '')

function filesOf(parts: readonly Part[]): readonly PatchedFile[] | null {
  const files: PatchedFile[] = []
  for (const part of parts) {
    if (/^(?:Move|Rename)/.test(part.header)) {
      const last = files.pop()
      if (last?.kind !== 'update') return null
      files.push({ ...last, movedTo: part.path, edits: editsOf(part.lines) })
    } else files.push(fileOf(part))
  }
  return files
}

function fileOf({ header, path, lines }: Part): PatchedFile {
  if (header === 'Delete File') return { kind: 'delete', path }
  if (header === 'Update File') return { kind: 'update', path, movedTo: null, edits: editsOf(lines) }
  const text = lines.map((line) => line.replace(/^\+/, '')).join('\n')
  return { kind: 'add', path, text }
}

/** One edit for each hunk: what stood there, and what stands there then. */
function editsOf(lines: readonly string[]): readonly { before: string; after: string }[] {
  const hunks: string[][] = [[]]
  for (const line of lines) {
    if (line.startsWith('@@')) hunks.push([])
    else hunks.at(-1)?.push(line)
  }
  return hunks
    .filter((hunk) => hunk.some((line) => /^[+-]/.test(line)))
    .map((hunk) => ({ before: sideOf(hunk, '+'), after: sideOf(hunk, '-') }))
}

const sideOf = (hunk: readonly string[], without: '+' | '-'): string =>
  hunk
    .filter((line) => !line.startsWith(without))
    .map((line) => line.slice(1))
    .join('\n')
