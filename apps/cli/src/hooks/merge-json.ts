import { isDeepStrictEqual } from 'node:util'
import type { Json } from '@writ/contracts'
import type { Edit, JSONPath, Node, ParseError } from 'jsonc-parser'
import { applyEdits, findNodeAtLocation, getNodeValue, modify, parseTree } from 'jsonc-parser'
import type { Setting } from './hook-file.ts'

/** Why a text cannot be merged into; it is left alone then. */
export class Unmergeable extends Error {}

/** The text with all settings in it; comments and order of the rest stay. @throws Unmergeable */
export function mergedJson(text: string | null, settings: readonly Setting[]): string {
  const merged = settings.reduce(withSetting, isBlank(text) ? '{}\n' : text)
  return merged.endsWith('\n') || text !== null ? merged : `${merged}\n`
}

/** The text without what `mergedJson` put in; what stood in the place of a value before comes back. @throws Unmergeable */
export function unmergedJson(text: string, settings: readonly Setting[], before: string | null): string {
  const old = isBlank(before) ? null : treeOf(before)
  return settings.toReversed().reduce((now, setting) => withoutSetting(now, setting, old), text)
}

const isBlank = (text: string | null): text is null => text === null || text.trim() === ''

function withSetting(text: string, setting: Setting): string {
  const tree = treeOf(text)
  if ('value' in setting) return withValue(text, tree, setting.at, setting.value)
  const list = listAt(tree, setting.at)
  if (list === null) return edited(text, modify(text, [...setting.at], [setting.item], layoutOf(text)))
  const items = list.children ?? []
  if (items.some((item) => says(item, setting.item))) return text
  const ours = items.findIndex((item) => isOurs(getNodeValue(item)))
  // What an earlier version of ours put there is replaced, not joined.
  const place = typeof setting.item === 'object' && ours >= 0 ? ours : items.length
  return edited(text, modify(text, [...setting.at, place], setting.item, layoutOf(text)))
}

function withValue(text: string, tree: Node, at: readonly string[], value: Json): string {
  refuseOddParents(tree, at)
  const node = findNodeAtLocation(tree, [...at])
  if (node !== undefined && says(node, value)) return text
  return edited(text, modify(text, [...at], value, layoutOf(text)))
}

function listAt(tree: Node, at: readonly string[]): Node | null {
  refuseOddParents(tree, at)
  const node = findNodeAtLocation(tree, [...at])
  if (node === undefined) return null
  if (node.type !== 'array') throw new Unmergeable(`\`${at.join('.')}\` is no list`)
  return node
}

/** A value where we need an object would be replaced, and lost. */
function refuseOddParents(tree: Node, at: readonly string[]): void {
  for (let depth = 1; depth < at.length; depth++) {
    const node = findNodeAtLocation(tree, at.slice(0, depth))
    if (node !== undefined && node.type !== 'object')
      throw new Unmergeable(`\`${at.slice(0, depth).join('.')}\` is no object`)
  }
}

function withoutSetting(text: string, setting: Setting, old: Node | null): string {
  const tree = treeOf(text)
  const place = placeOf(tree, setting)
  if (place === null) return text
  const before = old === null ? undefined : findNodeAtLocation(old, [...setting.at])
  if ('item' in setting && before !== undefined && holds(before, setting.item)) return text
  const back: unknown = 'value' in setting && before !== undefined ? getNodeValue(before) : undefined
  const taken = edited(text, modify(text, [...place], back, layoutOf(text)))
  return withoutEmptyParents(taken, setting.at.slice(0, 'item' in setting ? undefined : -1), old)
}

/** Null: it is not there any more, or somebody has changed it since, and it is theirs. */
function placeOf(tree: Node, setting: Setting): JSONPath | null {
  const node = findNodeAtLocation(tree, [...setting.at])
  if (node === undefined) return null
  if ('value' in setting) return says(node, setting.value) ? [...setting.at] : null
  const index = (node.children ?? []).findIndex((item) => says(item, setting.item))
  return index < 0 ? null : [...setting.at, index]
}

/** The reader's objects have no prototype; a receipt's may have another one. */
const says = (node: Node, value: Json): boolean => isDeepStrictEqual(plain(getNodeValue(node)), plain(value))

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const holds = (list: Node, item: Json): boolean => (list.children ?? []).some((node) => says(node, item))

function withoutEmptyParents(text: string, at: readonly string[], old: Node | null): string {
  if (at.length === 0) return text
  const node = findNodeAtLocation(treeOf(text), [...at])
  const stoodBefore = old !== null && findNodeAtLocation(old, [...at]) !== undefined
  if (node === undefined || stoodBefore || (node.children ?? []).length > 0) return text
  return withoutEmptyParents(
    edited(text, modify(text, [...at], undefined, layoutOf(text))),
    at.slice(0, -1),
    old,
  )
}

/** @throws Unmergeable */
export function treeOf(text: string): Node {
  const errors: ParseError[] = []
  const tree = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true })
  if (tree === undefined || errors.length > 0) throw new Unmergeable('it is not readable as JSON')
  if (tree.type !== 'object') throw new Unmergeable('it holds no JSON object')
  refuseTwins(tree)
  return tree
}

/** Of two members with one name the client may read the other one. */
function refuseTwins(node: Node): void {
  const names = (node.type === 'object' ? (node.children ?? []) : []).map(({ children }) =>
    String(children?.[0]?.value),
  )
  const twin = names.find((name, index) => names.indexOf(name) !== index)
  if (twin !== undefined) throw new Unmergeable(`\`${twin}\` stands there twice`)
  for (const child of node.children ?? []) refuseTwins(child)
}

const edited = (text: string, edits: readonly Edit[]): string => applyEdits(text, [...edits])

function layoutOf(text: string) {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
  return {
    formattingOptions: {
      insertSpaces: !indent.startsWith('\t'),
      tabSize: indent.startsWith('\t') ? 1 : indent.length,
      eol: text.includes('\r\n') ? '\r\n' : '\n',
    },
  }
}

/** Our hook client, by whatever path. */
export const isOurs = (entry: unknown): boolean => /\bwrit-hook\b/.test(JSON.stringify(entry) ?? '')
