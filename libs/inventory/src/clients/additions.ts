import type { InventoryAddition, InventoryClient, InventoryScope } from '@writ/contracts'
import type { Disk } from '../disk.ts'
import { baseName, folderOf } from '../disk.ts'
import { filesAt } from '../walk.ts'

type Source = {
  readonly client: InventoryClient
  readonly scope: InventoryScope
  readonly kind: InventoryAddition['kind']
  /** of the file that makes a folder one */
  readonly path: string
  /** how many folders above that file the folder is */
  readonly up: number
}

const skills = (client: InventoryClient, scope: InventoryScope, folder: string): Source => ({
  client,
  scope,
  kind: 'skill',
  path: `${folder}/*/SKILL.md`,
  up: 1,
})
const plugins = (client: InventoryClient, scope: InventoryScope, path: string, up: number): Source => ({
  client,
  scope,
  kind: 'plugin',
  path,
  up,
})

export const ADDITION_SOURCES: readonly Source[] = [
  skills('claude-code', 'user', '{home}/.claude/skills'),
  skills('claude-code', 'project', '{project}/.claude/skills'),
  skills('claude-code', 'plugin', '{home}/.claude/plugins/cache/**/skills'),
  skills('codex', 'user', '{home}/.codex/skills'),
  skills('codex', 'user', '{home}/.agents/skills'),
  skills('codex', 'project', '{project}/.agents/skills'),
  skills('copilot-cli', 'user', '{home}/.copilot/skills'),
  skills('copilot-cli', 'project', '{project}/.github/skills'),
  skills('cursor', 'user', '{home}/.cursor/skills'),
  skills('cursor', 'project', '{project}/.cursor/skills'),
  skills('gemini-cli', 'user', '{home}/.gemini/skills'),
  skills('opencode', 'user', '{home}/.config/opencode/skill'),
  skills('opencode', 'user', '{home}/.config/opencode/skills'),
  skills('opencode', 'project', '{project}/.opencode/skill'),
  skills('openclaw', 'user', '{home}/.openclaw/skills'),
  skills('openclaw', 'user', '{home}/.openclaw/workspace/skills'),
  plugins('claude-code', 'user', '{home}/.claude/plugins/cache/**/.claude-plugin/plugin.json', 2),
  plugins('claude-desktop', 'user', '{config}/Claude/Claude Extensions/*/manifest.json', 1),
  plugins('gemini-cli', 'user', '{home}/.gemini/extensions/*/gemini-extension.json', 1),
  plugins('opencode', 'user', '{home}/.config/opencode/plugin/*', 0),
  plugins('opencode', 'user', '{home}/.config/opencode/plugins/*', 0),
  plugins('opencode', 'project', '{project}/.opencode/plugin/*', 0),
  plugins('opencode', 'project', '{project}/.opencode/plugins/*', 0),
  plugins('opencode', 'managed', '{system}/opencode/plugin/*', 0),
]

/** What stands at one resolved path of the list; not shown yet. */
export const additionsAt = (disk: Disk, source: Source, path: string): readonly InventoryAddition[] =>
  filesAt(disk, path)
    .filter((file) => disk.facts(file) !== null)
    .map((file) => {
      const folder = Array.from({ length: source.up }).reduce<string>((at) => folderOf(at), file)
      const { client, scope, kind } = source
      return { client, scope, kind, name: nameOf(folder), folder, hasScripts: hasScripts(disk, folder) }
    })

/** Below some names there is a folder for each version. */
const nameOf = (folder: string): string =>
  baseName(/^(?:v?\d+\.\d[\w.-]*|[0-9a-f]{7,40})$/.test(baseName(folder)) ? folderOf(folder) : folder)

const WORDS_ONLY =
  /\.(?:md|mdx|txt|json|ya?ml|toml|png|jpe?g|svg|gif|csv|html|pdf|lock)$|^(?:LICENSE|NOTICE|README)[^.]*$/i

/** Looks two folders deep. */
function hasScripts(disk: Disk, folder: string, depth = 0): boolean {
  const entries = disk.list(folder)
  if (entries.length === 0 && depth === 0) return !WORDS_ONLY.test(baseName(folder))
  return entries.some(
    ({ name, kind }) =>
      (kind === 'file' && !name.startsWith('.') && !WORDS_ONLY.test(name)) ||
      (kind === 'folder' && depth < 2 && hasScripts(disk, `${folder}/${name}`, depth + 1)),
  )
}
