import { readFlags, valuesOf, type Call, type Program } from '../call.ts'
import { madeFile, readFile, writeFile } from '../files.ts'
import { possible } from '../state.ts'
import { literal, LOCAL, shown, unknownFrom, type Value } from '../text.ts'
import { runShellText } from './shells.ts'

/** Programs whose scripts run commands, and read and write files. */
export const EDITORS: Readonly<Record<string, Program>> = {
  ed: (call) => editorScript(call),
  ex: (call) => editorScript(call),
  gdb: (call) => editorScript(call),
  sed: (call) => streamScript(call),
}

function editorScript(call: Call): undefined {
  for (const line of (call.stdin?.text ?? '').split('\n')) {
    const command = /^\s*(?::|!|shell\s|r\s*!|\d*,?\$?!)\s*!?(.+)$/.exec(line)?.[1]
    if (command !== undefined) runShellText({ ...call, stdin: null }, literal(command))
  }
}

/** `e` of sed runs a command, `w` writes a file. */
function streamScript(call: Call): undefined {
  const flags = readFlags(call.args, '-e --expression -f --file -l')
  const files = valuesOf(flags, '-f', '--file').flatMap((file) => madeFile(call.state, file.text) ?? [])
  const given = [...valuesOf(flags, '-e', '--expression'), ...files]
  for (const script of given.length > 0 ? given : flags.operands.slice(0, 1)) {
    streamFiles(call, script)
    const command = /(?:^|[;{}]\s*|\d\s*|\$\s*|\/\s*)e\s+([^;}]+)/.exec(script.text)?.[1]
    if (command !== undefined) runShellText({ ...call, stdin: null }, { ...script, text: command })
    if (/(?:^|[;{}]|\d|\$|\/)\s*e\s*(?:$|[;}])/.test(script.text)) {
      possible(call.state, 'opaque_exec', shown(script.text), 'sed runs what it reads')
      if (call.stdin !== null) runShellText({ ...call, stdin: null }, call.stdin)
    }
    if (/^s(.).*\1.*\1[gipm\d]*e[gipm]*$/.test(script.text)) {
      const replacement = script.text.split(script.text[1] ?? '/')[2] ?? ''
      runShellText({ ...call, stdin: null }, { ...script, text: replacement })
      possible(call.state, 'opaque_exec', shown(script.text), 'sed runs what it makes')
    }
  }
}

/** `w` and `r` of sed take the rest of their line for a file, behind an address or behind the flags of `s`. */
function streamFiles(call: Call, { text }: Value): void {
  for (const line of text.split('\n').slice(0, MAX_LINES)) {
    const parts = line
      .slice(0, MAX_LINE)
      .split(/(?<=[;{}])/)
      .slice(0, MAX_PARTS)
    for (const [at] of parts.entries()) {
      const { verb = '', path = '' } = FILES.exec(parts.slice(at).join(''))?.groups ?? {}
      const file = literal(path.trim())
      if (/w/i.test(verb))
        writeFile(call.state, file, { value: unknownFrom(LOCAL), by: 'sed', isAppending: true })
      else if (verb !== '') readFile(call.state, file, 'sed')
    }
  }
}
const MAX_LINES = 64
const MAX_LINE = 1024
const MAX_PARTS = 16
const FILES =
  /^\s*(?:(?:\d+|\$|\/[^/]*\/)\s*(?:[,~]\s*(?:[+~]?\d+|\$|\/[^/]*\/)\s*)?)?!?\s*(?:s(?<mark>[^\w\s\\])(?:\\.|(?!\k<mark>)[^\\])*\k<mark>(?:\\.|(?!\k<mark>)[^\\])*\k<mark>[gpIiMme\d]*)?(?<verb>[wWrR])\s+(?<path>[^\s;}].*)$/
