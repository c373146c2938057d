import { existsSync, realpathSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { HostRule, ProfileName, RegistryKind } from '@writ/sandbox'
import { CLIENT_PROFILES, hostRuleOf, REGISTRY_KINDS } from '@writ/sandbox'
import { Failure } from '../failure.ts'

/** As commander gives them. */
export type RunOptions = {
  readonly profile?: ProfileName
  readonly policy: readonly string[]
  readonly as?: string
  readonly observe: boolean
  readonly unconfinedObserve: boolean
  readonly workspace: readonly string[]
  readonly read: readonly string[]
  readonly allowWrite: readonly string[]
  readonly allowHost: readonly string[]
  readonly allowPrivate: readonly string[]
  readonly anyHost: boolean
  readonly opaqueHost: readonly string[]
  readonly env: readonly string[]
  readonly inject: readonly string[]
  readonly registry: readonly string[]
  readonly packages?: string
  readonly json: boolean
}

/** A secret of the environment that stays outside, and the host that it is for. */
export type BoundSecret = { readonly variable: string; readonly host: string; readonly secret: string }
export type ReadRegistry = { readonly kind: RegistryKind; readonly host: string }

/** The client by its program, where none is named. */
export function profileOf({ profile }: Pick<RunOptions, 'profile'>, program: string): ProfileName {
  return profile ?? PROFILE_OF_PROGRAM[basename(program)] ?? 'command'
}

const PROFILE_OF_PROGRAM: Readonly<Record<string, ProfileName>> = {
  claude: 'claude-code',
  codex: 'codex',
  gemini: 'gemini-cli',
  copilot: 'copilot-cli',
  opencode: 'opencode',
  'cursor-agent': 'cursor',
}

/** @throws Failure of one that is no host */
export function hostRules(profile: ProfileName, options: RunOptions): readonly HostRule[] {
  return [
    ...CLIENT_PROFILES[profile].hosts.map((host) => ruleOf(host, false)),
    ...options.allowHost.map((host) => ruleOf(host, host.startsWith('outside.writ:'))),
    ...options.allowPrivate.map((host) => ruleOf(host, true)),
  ]
}

function ruleOf(text: string, isPrivate: boolean): HostRule {
  const rule = hostRuleOf(text, isPrivate)
  if (rule === null || (isPrivate && rule.port === null))
    throw new Failure(
      `${text} is no host`,
      isPrivate
        ? 'Hosts of private networks are named with their port: host:port.'
        : 'A host is written name, *.name, name:port or *.name:port.',
    )
  return rule
}

/** `NAME=host` each. @throws Failure */
export function boundSecrets(
  options: RunOptions,
  env: Readonly<Record<string, string | undefined>>,
): readonly BoundSecret[] {
  return options.inject.map((text) => {
    const [, variable = '', host = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/.exec(text) ?? []
    const rule = hostRuleOf(host)
    if (rule === null || rule.port !== null)
      throw new Failure(
        `${text} binds no secret`,
        'Write --inject NAME=host: the variable that holds it, and the host it is for.',
      )
    const secret = env[variable]
    if (secret === undefined || secret.length < 8)
      throw new Failure(
        `${variable} holds no secret`,
        'Set the variable before `writ run`; it has to have 8 characters or more.',
      )
    return { variable, host: rule.host, secret }
  })
}

/** `kind=host` each. @throws Failure */
export function registries(options: RunOptions): readonly ReadRegistry[] {
  return options.registry.map((text) => {
    const [kind = '', host = ''] = text.split('=')
    const known = REGISTRY_KINDS.find((name) => name === kind)
    const rule = hostRuleOf(host)
    if (known === undefined || rule === null)
      throw new Failure(
        `${text} is no registry`,
        `Write --registry kind=host; kinds are ${REGISTRY_KINDS.join(', ')}.`,
      )
    return { kind: known, host: rule.host }
  })
}

/** @throws Failure where there is no such path */
export function realPaths(paths: readonly string[], home: string): readonly string[] {
  return paths.map((path) => {
    const given = resolve(path.replace(/^~(?=\/|$)/, home))
    if (!existsSync(given)) throw new Failure(`${given} is not there`, 'Name a path that exists.')
    return realpathSync(given)
  })
}
