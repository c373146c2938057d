import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Place, Understood } from '@writ/actions'
import type { LocalAction } from '@writ/contracts'
import { mentionsIn } from '@writ/hooks'

/** What a person writes to their agent: no action, and the one text of a conversation that is certainly theirs. */
export const PROMPT: Understood = {
  action: {
    method: 'hook/prompt',
    tool: 'prompt',
    class: 'read.private',
    classSource: 'catalogue',
    resource: 'prompt',
  },
  directory: null,
  args: {
    kind: 'prompt',
    facts: [],
    sure: [],
    paths: { read: [], write: [], delete: [] },
    outside: false,
    hosts: [],
    packages: [],
    programs: [],
    input: {},
  },
  content: '',
  facts: [],
  hosts: [],
  packages: [],
}

/** Files that the client reads into the conversation because the prompt names them: no tool is called for that. */
export function readsOf(prompt: string, { cwd, home }: Place): readonly LocalAction[] {
  const { paths, isCut } = mentionsIn(prompt)
  const files = paths.filter((path) => existsSync(resolve(cwd, path.replace(/^~(?=\/|$)/, home))))
  const reads = files.map((path): LocalAction => ({ kind: 'file.read', path }))
  return isCut ? [...reads, TOO_MANY] : reads
}

/** Names beyond the bound are files that nobody looked at. */
const TOO_MANY: LocalAction = { kind: 'unknown', tool: 'mentions', args: {} }
