import type { PackageEcosystem } from '@writ/contracts'
import { factsOfShell } from '../../shell/engine.ts'
import type { FactKind } from '../../shell/facts.ts'
import { LOCK_FILES } from '../../shell/data/places.ts'
import { readSpec } from '../../packages/names.ts'
import { factOf, NOTHING_FOUND, together, type Found } from '../found.ts'
import { asWritten, type Context } from '../place.ts'
import { spellingsOf } from '../spellings.ts'
import { agentSettingsFound } from './agent-settings.ts'
import { NOTHING_DECLARED, type Declared, type Manifest } from './declared.ts'
import { readGemfile, readGoMod, readRequirements } from './line-lists.ts'
import { lockFound } from './locks.ts'
import { readPackageJson } from './package-json.ts'
import { settingsFound } from './settings.ts'
import { readCargo, readPyproject } from './toml-lists.ts'

/** A file that is written: absolute path, what stands there now (null: nothing, or not known) and what will (null: not known). */
export type Written = { readonly path: string; readonly before: string | null; readonly after: string | null }

/** What the new text of a file makes of it, where that is more than text: packages, servers, things that run by themselves. */
export function writtenFound({ path, before, after }: Written, context: Context): Found {
  if (after === null || after === before) return NOTHING_FOUND
  if (after.length > MAX_TEXT)
    return together(writtenFound({ path, before, after: after.slice(0, MAX_TEXT) }, context), UNREAD)
  const place = path.toLowerCase()
  return together(
    ...READERS.filter(([pattern]) => pattern.test(place)).map(([, read]) => read({ before, after }, context)),
    ...MANIFESTS.filter(([pattern]) => pattern.test(place)).map(([, manifest]) =>
      manifestFound(manifest, { before, after }, context),
    ),
    INSTRUCTIONS.test(place)
      ? { facts: [factOf('agent_instruction', path, 'possible')], uses: [] }
      : NOTHING_FOUND,
    RUNS_WITH_INSTALL.test(place)
      ? { facts: [factOf('install_script', path, 'possible')], uses: [] }
      : NOTHING_FOUND,
    isScript(place, after) ? scriptFound(after, context) : NOTHING_FOUND,
  )
}

const MAX_TEXT = 1_048_576

type Texts = { readonly before: string | null; readonly after: string }

const MANIFESTS: readonly (readonly [RegExp, Manifest])[] = [
  [/\/package\.json$/, { ecosystem: 'npm', read: readPackageJson }],
  [/\/(?:[\w.-]*requirements[\w.-]*|[\w.-]*constraints[\w.-]*)\.(?:txt|in)$|\/requirements\/[\w.-]+\.(?:txt|in)$/, { ecosystem: 'pypi', read: readRequirements }],
  [/\/(?:pyproject\.toml|pipfile)$/, { ecosystem: 'pypi', read: readPyproject }],
  [/\/cargo\.toml$/, { ecosystem: 'crates', read: readCargo }],
  [/\/go\.mod$/, { ecosystem: 'go', read: readGoMod }],
  [/\/(?:gemfile|gems\.rb)$/, { ecosystem: 'rubygems', read: readGemfile }],
] // prettier-ignore

const READERS: readonly (readonly [RegExp, (texts: Texts, context: Context) => Found])[] = [
  [LOCK_FILES, ({ before, after }) => lockFound(before, after)],
  [
    /\/(?:\.npmrc|\.yarnrc(?:\.yml)?|\.pnpmrc|pnpm-workspace\.yaml|bunfig\.toml|pip\.(?:conf|ini)|uv\.toml|\.pypirc|\.gemrc|nuget\.config|\.condarc|\.cargo\/config(?:\.toml)?|\.bundle\/config|\.mvn\/settings\.xml|settings\.xml|sources\.list|auth\.json)$/,
    ({ before, after }) => settingsFound(before, after),
  ],
  [
    /\/(?:\.?mcp|mcp[-_]config|managed-mcp|claude_desktop_config|mcp_settings|cline_mcp_settings)\.json$|\/\.(?:claude|cursor|vscode|gemini|codex|copilot|windsurf|kiro|roo|opencode|codeium|zed|junie|amazonq|qwen|augment|factory|continue)\/.*(?:settings[\w.-]*|mcp[\w.-]*|config)\.(?:jsonc?|toml)$|\/\.claude\.json$|\/zed\/settings\.json$|\/opencode\.jsonc?$/,
    ({ before, after }, context) => agentSettingsFound(before, after, context),
  ],
] // prettier-ignore

const INSTRUCTIONS =
  /\/(?:claude(?:\.local)?\.md|agents(?:\.override)?\.md|gemini\.md|copilot-instructions\.md|\.cursorrules|\.windsurfrules|\.clinerules|skill\.md|conventions\.md)$|\/\.(?:cursor|windsurf|clinerules|roo|kiro)\/(?:rules|steering)\/|\/\.github\/(?:instructions|prompts|chatmodes|agents)\/|\/\.(?:claude|codex|gemini|opencode)\/(?:commands?|skills?|agents?|prompts|output-styles|memor(?:y|ies))\//

/** Read or run by whatever installs or builds, without anybody calling it. */
const RUNS_WITH_INSTALL =
  /\/(?:setup\.py|build\.rs|binding\.gyp|extconf\.rb|\.pnpmfile\.cjs|\.yarn\/(?:plugins|releases)\/.*|[\w.-]+\.pth|install\.js|postinstall\.(?:js|cjs|mjs|sh))$/

function manifestFound({ ecosystem, read }: Manifest, { before, after }: Texts, context: Context): Found {
  const old = before === null ? NOTHING_DECLARED : read(before)
  const now = read(after)
  const packages = freshIn(old.packages, now.packages)
  const scripts = freshIn(old.scripts, now.scripts)
  return together(
    ...packages.slice(0, MAX_NEW).map(([, word]) => declaredFound(ecosystem, word)),
    ...scripts.slice(0, MAX_NEW).map(([name, command]) => commandFound(name, command, context)),
    Math.max(packages.length, scripts.length) > MAX_NEW ? UNREAD : NOTHING_FOUND,
    { facts: strangePlaces(old, now).map((place) => factOf('package_source', place, 'sure')), uses: [] },
  )
}

const MAX_NEW = 200

/** More than is looked at. */
const UNREAD: Found = { facts: [factOf('unresolvable', 'manifest', 'possible')], uses: [] }

const freshIn = (
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] => [...now].filter(([name, word]) => old.get(name) !== word)

const strangePlaces = (old: Declared, now: Declared): readonly string[] =>
  now.places.filter((place) => !old.places.includes(place))

/** As if it were installed by a command: what comes of the name is said where packages are looked up. */
function declaredFound(ecosystem: PackageEcosystem, word: string): Found {
  const isPath = readSpec(ecosystem, word).kind === 'path'
  return {
    facts: isPath ? [] : [factOf('package_install', word, 'possible')],
    uses: [{ kind: 'install', operand: `${ecosystem}/${word}` }],
  }
}

/** A script of a manifest is not run now, so nothing of it is sure; one that runs by itself is a fact. */
function commandFound(name: string, command: string, context: Context): Found {
  const runs = LIFECYCLE.test(name) ? [factOf('install_script', `${name}: ${command}`, 'possible')] : []
  return together({ facts: runs, uses: [] }, laterFound(command, context))
}
const LIFECYCLE =
  /^(?:(?:pre|post)?(?:install|pack|publish|prepare|version)|prepare|prepublishOnly|preuninstall|postuninstall|dependencies|build(?:-backend)?|backend-path)$/

/** A file of the machine that a command runs: where it is a shell script it is read, one level deep, and nothing of it is sure. */
export function scriptRunFound(path: string, context: Context): Found {
  const [text] = spellingsOf(path, context).flatMap((one) => context.world.readText(asWritten(one)) ?? [])
  return text !== undefined && isScript(path.toLowerCase(), text) ? scriptFound(text, context) : NOTHING_FOUND
}

/** What a text does when a shell runs it later. */
function laterFound(text: string, context: Context): Found {
  const { facts } = factsOfShell(text, context.shell)
  const grave = facts.filter(({ kind, certainty }) => certainty === 'sure' && GRAVE.has(kind))
  return { facts: grave.map(({ kind, operand }) => factOf(kind, operand, 'possible')), uses: [] }
}

const GRAVE: ReadonlySet<FactKind> = new Set<FactKind>([
  'destructive_delete',
  'disk_wipe',
  'credential_read',
  'exfiltration',
  'reverse_shell',
  'download_run',
  'guard_tamper',
  'persistence',
  'history_tamper',
])

const isScript = (place: string, text: string): boolean =>
  /\.(?:sh|bash|zsh|command|envrc|ksh)$|\/\.(?:husky|githooks|git\/hooks)\//.test(place) ||
  /^#!\s*\/\S*(?:\/env\s+(?:-S\s+)?)?(?:ba|z|da|k)?sh\b/.test(text)

const scriptFound = (text: string, context: Context): Found => laterFound(text.slice(0, MAX_SCRIPT), context)
const MAX_SCRIPT = 65_536
