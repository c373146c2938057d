import type { JsonObject, LocalAction } from '@writ/contracts'
import type { Dialect, Told } from '../dialect.ts'
import { objectsIn, own, textIn, textOr } from '../fields.ts'
import * as forms from '../forms.ts'
import * as tools from '../readers.ts'
import { isObject } from '../strict-object.ts'
import { envelopeOf, flag, id, isRoot, json, orNull, text } from './envelopes.ts'

const EDIT = { path: ['filePath'], before: ['oldString'], after: ['newString'] }

const DIRECTORIES = ['workdir']

const SINGLE_TOOLS: Dialect['tools'] = {
  bash: tools.shell('command'),
  read: tools.fileRead('filePath'),
  write: tools.fileWrite(['filePath'], ['content']),
  edit: tools.fileEdit(EDIT),
  multiedit: tools.fileEdits('edits', EDIT),
  patch: tools.filePatch('patchText'),
  apply_patch: tools.filePatch('patchText'),
  glob: tools.fileGlob(['path'], ['pattern']),
  grep: tools.fileGrep(['path'], ['pattern'], ['include']),
  list: tools.fileGlob(['path'], []),
  webfetch: tools.fetchUrl('url'),
  websearch: tools.webSearch('query'),
  codesearch: tools.webSearch('query'),
  task: tools.agentStart('prompt'),
  ...tools.clientTools('todowrite', 'todoread', 'question', 'skill', 'invalid', 'plan_enter', 'plan_exit'),
}

/** What our own plugin sends (`opencode-plugin.ts`): opencode has no hook that starts a program. */
export const OPENCODE: Dialect = {
  client: 'opencode',
  envelope: envelopeOf(
    {
      event: text,
      session: id.nullish(),
      call: text.nullish(),
      tool: text.nullish(),
      args: json.nullish(),
      result: json.nullish(),
      prompt: text.nullish(),
      directory: text.nullish(),
      worktree: text.nullish(),
      headless: flag.nullish(),
    },
    (payload) => ({
      name: payload.event,
      conversation: orNull(payload.session),
      cwd: orNull(payload.directory),
      workspaces: [isRoot(payload.worktree ?? '') ? (payload.directory ?? '') : (payload.worktree ?? '')],
      toolUse: orNull(payload.call),
      tool: orNull(payload.tool),
      headless: payload.headless ?? false,
      input: payload.args ?? {},
      prompt: orNull(payload.prompt),
      result: orNull(payload.result),
    }),
  ),
  events: {
    'tool.execute.before': { moment: 'before', answers: forms.OPENCODE_BEFORE },
    'tool.execute.after': { moment: 'after', answers: forms.OPENCODE_AFTER },
    'chat.message': { moment: 'prompt', answers: forms.OPENCODE_PROMPT },
    'session.created': { moment: 'conversation.start', answers: forms.OPENCODE_TOLD },
    'session.deleted': { moment: 'conversation.end', answers: forms.OPENCODE_TOLD },
  },
  unmediated: [],
  tools: { ...SINGLE_TOOLS, batch },
  mcp: () => null,
  directories: DIRECTORIES,
  windowsShell: 'powershell',
}

/** Several calls in one; a tool in it that we do not know is one like any. */
function batch(input: JsonObject, told: Told): readonly LocalAction[] | null {
  const calls = objectsIn(input, 'tool_calls')
  const read = calls?.map((call) => nested(call, told))
  return read !== undefined && read.length > 0 && read.every((actions) => actions !== null)
    ? read.flat()
    : null
}

function nested(call: JsonObject, told: Told): readonly LocalAction[] | null {
  const tool = textIn(call, ['tool'])
  const args = own(call, 'parameters') ?? {}
  if (tool === null || !isObject(args)) return null
  const known = Object.hasOwn(SINGLE_TOOLS, tool) ? SINGLE_TOOLS[tool] : undefined
  if (known === undefined) return [{ kind: 'unknown', tool, args }]
  const directory = textOr(args, DIRECTORIES, '')
  return directory === null ? null : (known(args, told)?.map((action) => within(directory, action)) ?? null)
}

/** Each command of several has a directory of its own, which the command is then read as going to. */
const within = (directory: string, action: LocalAction): LocalAction =>
  action.kind === 'shell' && directory !== ''
    ? { ...action, command: `cd ${tools.quoted(directory)}\n${action.command}` }
    : action
