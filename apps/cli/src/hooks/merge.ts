import type { Content } from './hook-file.ts'
import { mergedJson, unmergedJson } from './merge-json.ts'
import { mergedToml, unmergedToml } from './merge-toml.ts'

/** What a file says with our content in it. @throws Unmergeable */
export function merged(text: string | null, content: Content): string {
  if (content.form === 'json') return mergedJson(text, content.settings)
  return content.form === 'toml' ? mergedToml(text, content) : content.text
}

/** What a file says without our content; null: nothing is left of it. @throws Unmergeable */
export function unmerged(text: string, content: Content, before: string | null): string | null {
  if (content.form === 'json') return leftOf(unmergedJson(text, content.settings, before), before)
  return content.form === 'toml' ? leftOf(unmergedToml(text), before) : before
}

const leftOf = (text: string, before: string | null): string | null =>
  before === null && /^\s*(?:\{\s*\})?\s*$/.test(text) ? null : text
