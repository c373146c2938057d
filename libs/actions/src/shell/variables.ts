import {
  CODE_VARIABLES,
  COMMAND_VARIABLE,
  COMMAND_VARIABLES,
  GUARD_VARIABLES,
  HISTORY_VARIABLES,
  LOADER_VARIABLES,
  PROXY_VARIABLES,
  REGISTRY_VARIABLES,
  WRITTEN_VARIABLES,
} from './data/variables.ts'
import { writePlace } from './files.ts'
import { resolvePath } from './paths.ts'
import { deeper, possible, sure, type State } from './state.ts'
import { shown, type Value, withoutUnknown } from './text.ts'

type Assigned = { readonly name: string; readonly value: Value; readonly isPrefix: boolean }

/** What setting a variable means: some hold commands, some load code, some keep watch. */
export function assignmentFacts(state: State, assigned: Assigned): void {
  const { name, value } = assigned
  heldFacts(state, name, value)
  if (LOADER_VARIABLES.test(name)) sure(state, 'privilege', name, `${name} loads code into programs`)
  if (name === 'PATH') pathFacts(state, value)
  if (
    /^(?:NODE_OPTIONS|PERL5OPT|RUBYOPT|PYTHONPATH|PYTHONSTARTUP|JAVA_TOOL_OPTIONS|BASH_ENV|ENV)$/.test(name)
  )
    loadedFacts(state, name, value)
  if (HISTORY_VARIABLES.test(name)) historyFacts(state, name, value)
  if (REGISTRY_VARIABLES.test(name)) registryFacts(state, name, value)
  watchFacts(state, name, value)
}

/** A command, a directory of programs, or a file that is written. */
function heldFacts(state: State, name: string, value: Value): void {
  if (COMMAND_VARIABLES.has(name) || COMMAND_VARIABLE.test(name)) runHeld(state, name, value)
  if (CODE_VARIABLES.test(name) && /^\/(?:tmp|var\/tmp|dev\/shm)(?:\/|$)/.test(value.text))
    possible(state, 'privilege', name, `${name} loads code into programs`)
  if (WRITTEN_VARIABLES.test(name) && /^[/~]/.test(value.text))
    writePlace(state, resolvePath(state, value.text), name)
}

/** Another place to install from, or no check of what came. */
function registryFacts(state: State, name: string, { text }: Value): void {
  if (/:\/\/|\.\w|\//.test(text) && !/^(?:-mod=\w+|https?:\/\/(?:localhost|127\.)[^,]*)$/.test(text))
    sure(state, 'package_install', name, `${name} says where packages come from`)
  else if (/^(?:off|\*|.*insecure.*)$/.test(text))
    possible(state, 'package_install', name, `${name} turns a check of packages off`)
}

function runHeld(state: State, name: string, value: Value): void {
  const inner = deeper(state, name)
  if (inner !== null && value.text !== '') inner.shared.run.text(inner, value, null)
}

/** A directory in front that anybody can write to decides what a program is. */
function pathFacts(state: State, value: Value): void {
  const first = value.text.split(':')[0] ?? ''
  if (/^(?:\/tmp|\/var\/tmp|\/dev\/shm|\.?$|\.\/?$)/.test(first)) {
    possible(state, 'privilege', 'PATH', `programs are looked for in ${shown(first)} first`)
  }
}

function loadedFacts(state: State, name: string, value: Value): void {
  const isLoading =
    !/OPT|TOOL/.test(name) ||
    /(?:^|\s)(?:--?(?:require|import|loader|experimental-loader|r|M|I)\b|-javaagent)/.test(value.text)
  const isLocal = /^(?:PYTHONPATH)$/.test(name) && !/\/tmp|\/dev\/shm/.test(value.text)
  if (isLoading && !isLocal) possible(state, 'privilege', name, `${name} loads code into programs`)
}

function historyFacts(state: State, name: string, { text }: Value): void {
  const isOff = name.endsWith('FILE')
    ? text === '' || text === '/dev/null'
    : /^(?:0|-?\d|ignore\w*)?$/.test(text) || text.includes('*')
  if (isOff) sure(state, 'history_tamper', name, `${name} turns off the history`)
}

function watchFacts(state: State, name: string, { text }: Value): void {
  if (PROXY_VARIABLES.test(name)) {
    const isLocal =
      /^no_proxy$/i.test(name) &&
      text !== '' &&
      text.split(',').every((one) => /^(?:\.?localhost|127\.[\d.]+|::1|\.local)$/.test(one))
    if (!isLocal) sure(state, 'guard_tamper', name, `${name} is changed, so traffic would go round the proxy`)
  }
  const guarded = GUARD_VARIABLES.find(([pattern]) => pattern.test(name))
  if (guarded === undefined) return
  const [, certainty, off] = guarded
  if (!off.test(withoutUnknown(text))) return
  if (certainty === 'sure') sure(state, 'guard_tamper', name, `${name} turns off or moves a safeguard`)
  else possible(state, 'guard_tamper', name, `${name} turns off a safeguard`)
}

/** `unset` takes safeguards away as an assignment does. */
export function unsetFacts(state: State, name: string): void {
  state.vars.delete(name)
  if (PROXY_VARIABLES.test(name))
    sure(state, 'guard_tamper', name, `${name} is taken away, so traffic would go round the proxy`)
  if (/^HISTFILE$/.test(name)) sure(state, 'history_tamper', name, 'HISTFILE is taken away')
}
