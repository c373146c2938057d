import {
  has,
  printedFrom,
  readFlags,
  textsOf,
  valuesOf,
  type Call,
  type Flags,
  type Program,
} from '../call.ts'
import { INTERPRETERS, type Interpreter } from '../data/interpreters.ts'
import { isRemoteFile, madeFile, writePlace } from '../files.ts'
import { resolvePath } from '../paths.ts'
import { possible, sure } from '../state.ts'
import { joined, literal, NOTHING, REMOTE, shown, unknownFrom, type Value } from '../text.ts'
import { scanCode } from './inline-code.ts'
import { runShellText, scriptFile } from './shells.ts'
import { isUrl } from '../hosts.ts'

/** Interpreters of other languages, and the shells of Windows. */
export const INTERPRETER_PROGRAMS: Readonly<Record<string, Program>> = {
  ...Object.fromEntries([...INTERPRETERS.keys()].map((name) => [name, interpreted])),
  deno: (call) => deno(call),
  ...Object.fromEntries(['pwsh', 'powershell'].map((name) => [name, powershell])),
  cmd: (call) =>
    call.args.some(({ text }) => /^\/[a-z]$/i.test(text))
      ? windowsLine(
          call,
          joined(
            call.args.filter(({ text }) => !/^\/[a-z]$/i.test(text)),
            ' ',
          ),
        )
      : undefined,
  wsl: (call) =>
    call.state.shared.run.words(call.state, readFlags(call.args, '-d -u', true).operands, call.stdin),
}

function interpreted(call: Call): Value | undefined {
  const language = INTERPRETERS.get(call.name)
  if (language === undefined) return undefined
  const valued = `${language.code} ${language.valued ?? ''} ${language.module ?? ''}`
  const flags = readFlags(spread(call.args, language), valued, language.isFirstCode !== true)
  const code = valuesOf(flags, ...language.code.split(' ').filter((one) => one !== ''))
  loaded(call, valuesOf(flags, '-r', '--require', '--import', '--loader'))
  if (has(flags, '-i') && !/^(?:perl|ruby|sed|.*awk)$/.test(call.name)) session(call)
  if (code.length > 0) return codeGiven(call, flags, joined(code, '\n'))
  if (language.isFirstCode === true) return awk(call, flags.operands, valuesOf(flags, '-f'))
  const module = valuesOf(flags, ...(language.module === undefined ? [] : [language.module]))[0]
  return module === undefined
    ? withoutCode(call, flags.operands, language)
    : runModule(call, module, flags.operands)
}

/** `perl -pi -e code file` changes its files. */
function codeGiven(call: Call, flags: Flags, code: Value): Value {
  for (const { text } of has(flags, '-i') ? flags.operands : []) {
    writePlace(call.state, resolvePath(call.state, text), `${call.name} -i`)
  }
  return scanned(call, has(flags, '-p', '--print') ? { ...code, text: `console.log(${code.text})` } : code)
}

/** `-mpip`, `-pe code` and `-ne code`: letters in front of the one that takes the value. */
function spread(args: readonly Value[], language: Interpreter): readonly Value[] {
  return args.flatMap((arg) => {
    const match = /^-([a-zA-Z]+)([eE])$/.exec(arg.text)
    if (match === null || !language.code.split(' ').includes(`-${match[2]}`)) return [arg]
    return [{ ...arg, text: `-${match[2]}` }]
  })
}

const scanned = (call: Call, code: Value): Value => {
  const printed = scanCode(call, code)
  const text = /^\s*print\s*\(?\s*(['"])([^'"\\]*)\1\s*\)?;?\s*$/.exec(code.text)?.[2]
  return text === undefined ? printed : literal(`${text}\n`)
}

function loaded(call: Call, files: readonly Value[]): void {
  for (const { text } of files) {
    if (/^(?:\/tmp|\/var\/tmp|\/dev\/shm|data:|https?:)/.test(text))
      possible(call.state, 'opaque_exec', text, `${call.name} loads ${shown(text)}`)
    else if (madeFile(call.state, text) !== undefined) scriptAsCode(call, literal(text))
  }
}

function session(call: Call): void {
  possible(call.state, 'opaque_exec', call.name, `${call.name} waits for commands that nobody has seen`)
}

function awk(call: Call, operands: readonly Value[], scripts: readonly Value[]): Value | undefined {
  if (scripts[0] !== undefined)
    return scripts[0].text === '-' && call.stdin !== null
      ? scanCode(call, call.stdin)
      : scriptFile(call, scripts[0], (text) => scanCode(call, text))
  const [code, ...files] = operands
  if (code === undefined) return undefined
  const text = /^\s*BEGIN\s*\{\s*printf?\s*\(?\s*"([^"]*)"\s*\)?;?\s*\}\s*$/.exec(code.text)?.[1]
  scanCode(call, code)
  return text === undefined ? printedFrom(call.stdin, ...files) : literal(text)
}

function runModule(call: Call, module: Value, rest: readonly Value[]): Value | undefined {
  const { state } = call
  const name =
    module.text === 'uv' || module.text.startsWith('pip')
      ? module.text.split('.')[0]
      : `python-m-${module.text}`
  if (
    module.text === 'http.server' &&
    !rest.some(({ text }) => text.startsWith('127.') || text === 'localhost') &&
    !/--bind|-b/.test(joined(call.args, ' ').text)
  ) {
    possible(state, 'exfiltration', 'http.server', 'offers the directory to the network')
  }
  if (isRemoteFile(state, `${module.text.replaceAll('.', '/')}.py`))
    sure(state, 'download_run', module.text, 'runs a module that was fetched from elsewhere')
  return state.shared.run.words(state, [literal(name ?? ''), ...argsAfter(call, module)], call.stdin)
}

const argsAfter = (call: Call, module: Value): readonly Value[] => {
  const at = call.args.findIndex(({ text }) => text.endsWith(module.text))
  return call.args.slice(at + 1)
}

/** A script by its file, code from a pipe, or a session that nobody sees. */
function withoutCode(call: Call, operands: readonly Value[], language: Interpreter): Value | undefined {
  const [script] = operands
  if (script !== undefined && script.text !== '-') {
    if (OWN_PROGRAMS.test(script.text))
      return call.state.shared.run.words(call.state, [script, ...operands.slice(1)], call.stdin)
    if (call.name === 'bun') return undefined
    if (isUrl(script.text))
      sure(call.state, 'download_run', script.text, `${call.name} runs a file from the network`)
    return scriptAsCode(call, script)
  }
  if (call.stdin !== null) return scanCode(call, call.stdin)
  const asks = textsOf(call.args).some((text) =>
    /^(?:--?v(?:ersion)?|-V|--help|-h|--check|--test|--watch.*|-l)$/.test(text),
  )
  if (language.isSession === true && !asks) session(call)
  return NOTHING
}

/** Programs by their scripts, as they are started where they are not installed. */
const OWN_PROGRAMS = /(?:^|\/)(?:writ(?:\.mjs)?|npm-cli\.js|\.bin\/[\w.-]+)$/

/** A script that this command wrote is scanned as code of its language. */
function scriptAsCode(call: Call, script: Value): Value {
  return scriptFile(call, script, (file) => scanCode(call, file))
}

function deno(call: Call): Value | undefined {
  const [verb = NOTHING, ...rest] = readFlags(call.args, '-c --config').operands
  if (verb.text === 'eval') return scanCode(call, joined(rest, ' '))
  const target = rest.slice(0, 1).find(({ text }) => isUrl(text))
  if (target !== undefined && /^(?:run|install|serve|test)$/.test(verb.text)) {
    sure(call.state, 'download_run', target.text, 'deno runs a file from the network')
  }
  if (call.stdin === null && call.args.length === 0) session(call)
  return undefined
}

/** There is no reader of PowerShell here: its words are looked over, and what is encoded is refused. */
function powershell(call: Call): Value {
  const { state } = call
  const flags = readFlags(
    call.args,
    '-c -Command -command -EncodedCommand -encodedcommand -enc -e -ec -File -file -f',
  )
  const names = [...flags.given.keys()].map((name) => name.toLowerCase())
  const encoded = names.find(
    (name) =>
      name.length > 1 &&
      '-encodedcommand'.startsWith(name) &&
      name.startsWith('-e') &&
      name !== '-executionpolicy',
  )
  if (encoded !== undefined) sure(state, 'destructive_delete', call.name, 'runs an encoded command')
  const text = joined([...valuesOf(flags, '-c', '-Command', '-command'), ...flags.operands], ' ')
  if (text.text === '') {
    if (call.stdin === null && !/version|help/i.test(names.join(' '))) session(call)
    return unknownFrom(0)
  }
  return windowsLine(call, text)
}

function windowsLine(call: Call, line: Value): Value {
  const { state } = call
  if (
    /\b(?:remove-item|rm|del|erase|rd|rmdir|ri|clear-content|format-volume|clear-disk)\b/i.test(line.text)
  ) {
    for (const word of line.text
      .split(/[\s;,|]+/)
      .filter((one) => /^[~/.\\]|^[a-z]:|^\$(?:home|env)/i.test(one))) {
      state.shared.run.words(
        state,
        [
          literal('remove-item'),
          literal(word.replace(/^(?:~|\$home|\$env:userprofile)/i, state.shared.context.home)),
        ],
        null,
      )
    }
  }
  if (
    /\b(?:iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring|curl|wget)\b/i.test(line.text) &&
    /\b(?:iex|invoke-expression|start-process|&)\b/i.test(line.text)
  ) {
    sure(state, 'download_run', call.name, 'runs what it fetches')
  }
  possible(state, 'opaque_exec', call.name, 'commands of Windows are not read')
  runShellText({ ...call, name: `${call.name} -c` }, { ...line, from: line.from })
  return unknownFrom(REMOTE)
}
