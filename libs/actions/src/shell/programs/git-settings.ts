import { has, readFlags, type Call } from '../call.ts'
import { GIT_COMMAND_KEYS, GIT_PLACE_KEYS } from '../data/git.ts'
import { deeper, possible, sayWhere } from '../state.ts'
import { hasGlob, type Value } from '../text.ts'

/** `-c key=value`: programs of the moment, and aliases. */
export function configured(call: Call, settings: readonly Value[]): ReadonlyMap<string, Value> {
  const aliases = new Map<string, Value>()
  for (const setting of settings) {
    const at = setting.text.indexOf('=')
    const key = setting.text.slice(0, at)
    const value = { ...setting, text: setting.text.slice(at + 1) }
    if (/^alias\./i.test(key)) aliases.set(key.slice('alias.'.length), value)
    else if (GIT_COMMAND_KEYS.test(key)) runValue(call, key, value)
    else if (/^(?:core\.hookspath|http\..*sslverify)$/i.test(key))
      possible(call.state, 'history_tamper', key, `${key} turns off what git checks`)
    else if (GIT_PLACE_KEYS.test(key))
      possible(call.state, 'persistence', key, `${key} decides what git runs`)
  }
  return aliases
}

export function runValue(call: Call, key: string, value: Value): void {
  const inner = deeper(call.state, `git ${key}`)
  if (inner !== null && value.text !== '')
    inner.shared.run.text(inner, { ...value, text: value.text.replace(/^!/, '') }, null)
}

export function config(call: Call): Value | undefined {
  const flags = readFlags(call.args, '-f --file --blob --type')
  const words = flags.operands.filter(({ text }, at) => at > 0 || !/^(?:set|get|list|unset|edit)$/.test(text))
  const [key, value] = words
  if (key === undefined || value === undefined || has(flags, ...CONFIG_READS)) return undefined
  if (!isRunning(key.text, value.text) || hasGlob(key.text)) return undefined
  const isLasting = has(flags, '--global', '--system') && !USUAL_EVERYWHERE.test(key.text)
  sayWhere(call.state, key.text, [
    [true, 'persistence', isLasting ? 'sure' : 'possible', `${key.text} decides what git runs from now on`],
  ])
  if (!/hookspath|templatedir|path$/i.test(key.text)) runValue(call, key.text, value)
  return undefined
}
const CONFIG_READS = ['--get', '--get-all', '--get-regexp', '-l', '--list', '--unset', '--show-origin']
const USUAL_EVERYWHERE = /^(?:core\.(?:editor|pager)|pager\.|credential\.helper$|sequence\.editor)/i

const isRunning = (key: string, value: string): boolean =>
  GIT_COMMAND_KEYS.test(key) ||
  (GIT_PLACE_KEYS.test(key) && (!/^alias\./i.test(key) || value.startsWith('!')))
