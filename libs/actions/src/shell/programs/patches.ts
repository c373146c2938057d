import { readPatch, type PatchedFile } from '../../patch.ts'
import { readFlags, valuesOf, type Call, type Program } from '../call.ts'
import { deletePath, madeFile, readPlace, writeFile } from '../files.ts'
import { absoluteOf, resolvePath } from '../paths.ts'
import { possible, type State } from '../state.ts'
import { isKnown, literal, NOTHING, unknownFrom, type Value } from '../text.ts'

/** Programs that change files as a patch says, which stands in an argument, in a file that the command made, or is piped in. */
export const PATCHES: Readonly<Record<string, Program>> = {
  apply_patch: (call) => patched(call),
  applypatch: (call) => patched(call),
  patch: (call) => diffed(call, '-i --input -d --directory -p --strip -o'),
}

function patched(call: Call): undefined {
  const text = (call.args.find((arg) => arg.text.includes('*** ')) ?? call.stdin ?? NOTHING).text
  const files = isKnown(text) ? readPatch(text) : null
  if (files === null) possible(call.state, 'unresolvable', call.name, 'what is changed is not known')
  for (const file of files ?? []) changeFile(call.state, file)
}

function changeFile(state: State, file: PatchedFile): void {
  const by = 'apply_patch'
  if (file.kind === 'add') return writeFile(state, literal(file.path), { value: literal(file.text), by })
  if (file.kind === 'delete') return deletePath(state, file.path, { isRecursive: false, by })
  const value: Value = unknownFrom(0)
  if (file.movedTo === null) return writeFile(state, literal(file.path), { value, by })
  readPlace(state, resolvePath(state, file.path), by)
  deletePath(state, file.path, { isRecursive: false, by })
  writeFile(state, literal(file.movedTo), { value, by })
}

/** A unified diff: the files that its headers name, with and without what `-p` takes off. */
export function diffed(call: Call, valued: string): undefined {
  const { state } = call
  const flags = readFlags(call.args, valued)
  const given = [...valuesOf(flags, '-i', '--input'), ...flags.operands].flatMap(
    (word) => madeFile(state, word.text) ?? [],
  )
  for (const { text } of [...given, ...(call.stdin === null ? [] : [call.stdin])])
    for (const [, name = ''] of text.matchAll(HEADERS)) if (name !== '/dev/null') changeNamed(state, name)
}

const HEADERS = /^(?:\+\+\+|---|rename to|copy to) ("?[^\t\n]+?"?)(?:\t[^\n]*)?\r?$/gm

function changeNamed(state: State, name: string): void {
  const plain = name.replaceAll('"', '')
  for (const path of new Set([plain, plain.replace(/^[^/]+\//, '')]))
    writeFile(state, literal(absoluteOf(state, path)), { value: unknownFrom(0), by: 'patch' })
}
