import type { Declared } from './declared.ts'
import { isMembers, membersIn, textsOf, type Members } from './members.ts'

const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']
const OVERRIDES = ['overrides', 'resolutions', 'pnpm']

/** `package.json`; of a text that is no whole document, what looks like its members. */
export function readPackageJson(text: string): Declared {
  const whole = membersIn(text)
  return whole === null ? readFragment(text) : declaredIn(whole)
}

function declaredIn(whole: Members): Declared {
  const plain = DEPENDENCIES.flatMap((section) => textsOf(whole[section]))
  const forced = OVERRIDES.flatMap((section) =>
    deepTextsOf(whole[section]).map(
      ([name, spec]) => [`${section} ${name}`, wordOf(lastOf(name), spec)] as const,
    ),
  )
  return {
    packages: new Map([...plain.map(([name, spec]) => [name, wordOf(name, spec)] as const), ...forced]),
    scripts: new Map(textsOf(whole.scripts)),
    places: textsOf(whole.publishConfig).flatMap(([name, value]) =>
      name.includes('registry') ? [value] : [],
    ),
  }
}

/** `a > b` and `a@1` of overrides are about the last of them. */
const lastOf = (name: string): string =>
  name
    .split(/\s*>\s*/)
    .at(-1)
    ?.replace(/(?<=.)@[^/]*$/, '') ?? name

function readFragment(text: string): Declared {
  const packages = new Map<string, string>()
  const scripts = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(MEMBER)) {
    if (SPEC.test(value)) packages.set(name, wordOf(name, value))
    else scripts.set(name, value.replaceAll(/\\(["\\/])/g, '$1'))
  }
  return { packages, scripts, places: [] }
}
const MEMBER = /"([^"\n]{1,214})"\s*:\s*"((?:[^"\\\n]|\\.)*)"/g
const SPEC =
  /^(?:[~^<>=v*\d]|npm:|git|github:|https?:|file:|link:|workspace:|latest$|next$|[\w.-]+\/[\w.-]+(?:#.*)?$)/

/** The word with which the same would be installed. */
const wordOf = (name: string, spec: string): string => (ELSEWHERE.test(spec) ? spec : `${name}@${spec}`)
const ELSEWHERE =
  /^(?:git|github:|gitlab:|bitbucket:|https?:|ssh:|file:|link:|workspace:|portal:|[\w.-]+\/[\w.-]+(?:#.*)?$)/

function deepTextsOf(value: unknown, depth = 0): readonly (readonly [string, string])[] {
  if (!isMembers(value) || depth > MAX_DEPTH) return []
  return Object.entries(value).flatMap(([name, one]) =>
    typeof one === 'string' ? [[name, one] as const] : deepTextsOf(one, depth + 1),
  )
}
const MAX_DEPTH = 5
