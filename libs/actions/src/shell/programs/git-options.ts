import { valuesUnder, type Call } from '../call.ts'
import { filledPlace, isRemoteFile, readPlace, writePlace } from '../files.ts'
import { resolvePath } from '../paths.ts'
import { possible } from '../state.ts'
import { shown, type Value } from '../text.ts'
import { runValue } from './git-settings.ts'
import { isOpenPlace } from './shells.ts'

/** Verbs, options, and what their values are. Git takes each long option also shortened. */
type Row = readonly [verbs: RegExp, options: readonly string[], read: (call: Call, value: Value) => void]

const runs = (call: Call, value: Value): void => runValue(call, call.name.replace(/^git /, ''), value)
const reads = (call: Call, { text }: Value): void => {
  if (text !== '-') readPlace(call.state, resolvePath(call.state, text), call.name)
}
const writes = (call: Call, { text }: Value): void =>
  writePlace(call.state, resolvePath(call.state, text), call.name)

const ROWS: readonly Row[] = [
  [/^(?!rebase$)/, ['--upload-pack', '--receive-pack', '--exec'], runs],
  [/^(?:send-email)$/, ['--sendmail-cmd', '--to-cmd', '--cc-cmd'], runs],
  [/^(?:commit|tag|notes|merge|am)$/, ['--file', '-F', '--template', '-t'], reads],
  [/^(?:blame|annotate)$/, ['--contents'], reads],
  [
    /^(?:diff\S*|log|show|format-patch|stash|archive|whatchanged|range-diff)$/,
    ['--output', '--output-directory', '-o'],
    writes,
  ],
  [/^checkout-index$/, ['--prefix'], ({ state, name }, { text }) => filledPlace(state, text, name)],
  [/^(?:init|clone)$/, ['--separate-git-dir'], writes],
  [/^(?:init|clone)$/, ['--template'], trusts],
  [/^config$/, ['--file', '-f'], writesSettings],
]

/** What the options of a verb say, whatever the verb does with its operands. */
export function optionFacts(call: Call, verb: string): void {
  for (const [verbs, options, read] of ROWS)
    if (verbs.test(verb)) for (const value of valuesUnder(call.args, options)) read(call, value)
}

/** Its hooks and programs become those of the repository, or of this command. */
export function trusts({ state, name }: Call, { text }: Value): void {
  const path = resolvePath(state, text)
  if (text !== '' && (isOpenPlace(`${path}/`) || isRemoteFile(state, text)))
    possible(state, 'opaque_exec', path, `${name} runs what stands in ${shown(path)}`)
}

/** Where it is only read nothing is changed. */
function writesSettings(call: Call, value: Value): void {
  if (call.args.some(({ text }) => /^(?:--get.*|--list|-l|get|list)$/.test(text))) reads(call, value)
  else writes(call, value)
}
