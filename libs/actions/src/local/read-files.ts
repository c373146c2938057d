import type { LocalAction } from '@writ/contracts'
import { readPatch, type PatchedFile } from '../patch.ts'
import { expandBraces } from '../shell/braces.ts'
import { factOf, together, type Found, type Read } from './found.ts'
import type { Context } from './place.ts'
import { spellingsOf } from './spellings.ts'
import { touchedFound } from './touched.ts'
import { writtenFound } from './written/written.ts'

type Of<K extends LocalAction['kind']> = Extract<LocalAction, { readonly kind: K }>
type Edit = { readonly before: string; readonly after: string }

export const readRead = ({ path }: Of<'file.read'>, context: Context): Read => ({
  floor: 'read.private',
  resource: path,
  ...touchedFound('read', path, context),
})

export const readDelete = ({ path }: Of<'file.delete'>, context: Context): Read => ({
  floor: 'destructive',
  resource: path,
  ...touchedFound('delete', path, context),
})

/** A pattern that spells out the name of a secret looks for it; one for contents is no path, and finds nothing there. */
export function readSearch({ path, pattern }: Of<'file.search'>, context: Context): Read {
  const named = namesIn(pattern).map((name) => touchedFound('read', `${path}/${name}`, context))
  const facts = together(...named).facts.map((fact) => factOf(fact.kind, fact.operand, 'possible'))
  return {
    floor: 'read.private',
    resource: path,
    ...together(touchedFound('search', path, context), { facts, uses: [] }),
  }
}

/** What a pattern may stand for, as the tables of places read it. */
function namesIn(pattern: string): readonly string[] {
  if (!/^[^\s\\]+$/.test(pattern)) return []
  if (pattern.length > MAX_PATTERN) return [globbed(pattern)]
  return expandBraces(pattern)
    .slice(0, MAX_NAMES)
    .flatMap((one) => [one, ...hiddenForms(one)])
    .map(globbed)
}
const MAX_PATTERN = 1024
const MAX_NAMES = 32

/** Unlike those of a shell, stars of these tools also match the dot that hides a file. */
function hiddenForms(pattern: string): readonly string[] {
  const [, folder = '', rest = ''] = /^(.*\/)?\*+([^*?/].*)$/.exec(pattern) ?? []
  if (rest === '' || rest.includes('/')) return []
  return rest.startsWith('.') ? [folder + rest, `${folder}.*${rest}`] : [`${folder}.*${rest}`]
}

/** Stars as the tables of places read them; of brackets, one character is itself. */
const globbed = (path: string): string =>
  path
    .replaceAll(/\[([^!^\]])\]/g, '$1')
    .replaceAll(/\[[^\]]+\]/g, '?')
    .replaceAll('**', '\ue003')
    .replaceAll('*', '\ue001')
    .replaceAll('?', '\ue002')

export function readWrite({ path, text, edits }: Of<'file.write'>, context: Context): Read {
  const before = currentText(path, context)
  const after = text ?? (edits === undefined ? null : edited(before, edits))
  return { floor: 'write.local', resource: path, ...filedFound({ path, before, after }, context) }
}

export function readPatchAction({ patch }: Of<'file.patch'>, context: Context): Read {
  const files = readPatch(patch)
  const found =
    files === null
      ? { facts: [factOf('unresolvable', 'patch', 'possible')], uses: [] }
      : together(...files.slice(0, MAX_FILES).map((file) => patchedFound(file, context)), tooMany(files))
  return { floor: 'write.local', resource: files?.map(({ path }) => path).join(', ') ?? 'patch', ...found }
}
const MAX_FILES = 200

const tooMany = (files: readonly PatchedFile[]): Found => ({
  facts: files.length > MAX_FILES ? [factOf('unresolvable', 'patch', 'possible')] : [],
  uses: [],
})

function patchedFound(file: PatchedFile, context: Context): Found {
  const { path } = file
  if (file.kind === 'delete') return touchedFound('delete', path, context)
  if (file.kind === 'add')
    return filedFound({ path, before: currentText(path, context), after: file.text }, context)
  const before = currentText(path, context)
  const after = edited(before, file.edits)
  if (file.movedTo === null) return filedFound({ path, before, after }, context)
  const target = file.movedTo
  return together(
    touchedFound('read', path, context),
    touchedFound('delete', path, context),
    filedFound({ path: target, before: currentText(target, context), after }, context),
  )
}

type Filed = { readonly path: string; readonly before: string | null; readonly after: string | null }

/** The place that is written, and what its new text makes of it. */
export const filedFound = ({ path, before, after }: Filed, context: Context): Found =>
  together(
    touchedFound('write', path, context),
    ...spellingsOf(path, context).map((spelling) => writtenFound({ path: spelling, before, after }, context)),
  )

const currentText = (path: string, context: Context): string | null =>
  spellingsOf(path, context)
    .map((one) => context.world.readText(one.replace(/^\/(?=[A-Z]:\/)/, '')))
    .find((text) => text !== null) ?? null

/** The text after the edits; what stands nowhere in it is put at its end, so that it is read nevertheless. */
function edited(text: string | null, edits: readonly Edit[]): string {
  if (edits.length > MAX_EDITS) return [text ?? '', ...edits.map(({ after }) => after)].join('\n')
  return edits.reduce((now, { before, after }) => {
    const at = before === '' ? -1 : now.indexOf(before)
    return at === -1 ? `${now}\n${after}` : now.replaceAll(before, () => after)
  }, text ?? '')
}
const MAX_EDITS = 500
