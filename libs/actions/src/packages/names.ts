import type { PackageEcosystem } from '@writ/contracts'
import type { PackageName } from './knowledge.ts'

/** A name as its ecosystem compares names: PEP 503 for PyPI, case where it counts. */
export function normalName(ecosystem: PackageEcosystem, name: string): string {
  const text = name.slice(0, MAX_NAME).trim().normalize('NFKC')
  if (ecosystem === 'pypi') return text.toLowerCase().replaceAll(/[-_.]+/g, '-')
  if (ecosystem === 'crates') return text.toLowerCase().replaceAll('-', '_')
  if (ecosystem === 'go') return text.replace(/\/+$/, '')
  return text.toLowerCase()
}

const MAX_NAME = 512

/** What a word of an install names. */
export type PackageSpec =
  | { readonly kind: 'registry'; readonly wanted: PackageName; readonly alias: string | null }
  | { readonly kind: 'git' | 'url' | 'path'; readonly from: string }

/** Reads one word of an install, e.g. `@scope/a@^1`, `x@npm:y@2`, `git+https://…`, `requests[socks]==2.31`. */
export function readSpec(ecosystem: PackageEcosystem, word: string): PackageSpec {
  const text = word.trim()
  const direct = ecosystem === 'pypi' ? /^[^@]+\s@\s+(\S+)$/.exec(text)?.[1] : undefined // PEP 508: `name @ url`
  const from = sourceOf(ecosystem, direct ?? text)
  if (from !== null) return from
  const alias = /^((?:@[^/@]+\/)?[^@/]+)@npm:(.+)$/.exec(text)
  if (alias !== null) return { ...named(ecosystem, alias[2] ?? ''), alias: alias[1] ?? null }
  return { ...named(ecosystem, text), alias: null }
}

const GIT = /^(?:git\+|git:|git@|ssh:|github:|gitlab:|bitbucket:|gist:)|\.git(?:[#@].*)?$/i
const PATH = /^(?:\.{1,2}(?:$|[/\\])|[/~]|file:|link:|workspace:|portal:|[A-Za-z]:[\\/])/
const ARCHIVE = /\.(?:tgz|tar\.gz|tar\.bz2|whl|zip|deb|rpm|gem|crate|nupkg|vsix|pkg|msi|exe)(?:$|[?#])/i

function sourceOf(ecosystem: PackageEcosystem, text: string): PackageSpec | null {
  if (PATH.test(text)) return { kind: 'path', from: text }
  if (GIT.test(text)) return { kind: 'git', from: text }
  if (/^[a-z][\w+.-]*:\/\//i.test(text)) return { kind: 'url', from: text }
  if (ecosystem === 'npm' && /^[\w.-]+\/[\w.-]+(?:#.*)?$/.test(text))
    return { kind: 'git', from: `github:${text}` }
  return ARCHIVE.test(text) ? { kind: 'path', from: text } : null
}

/** A name, and a version where exactly one is named. */
function named(
  ecosystem: PackageEcosystem,
  text: string,
): { readonly kind: 'registry'; readonly wanted: PackageName } {
  const match = SPLITS[ecosystem]?.exec(text) ?? PLAIN.exec(text)
  const name = normalName(ecosystem, match?.[1] ?? text)
  const version = (match?.[2] ?? '').trim().replace(/^[=v]+(?=\d)/, '')
  return {
    kind: 'registry',
    wanted: { ecosystem, name, version: /^\d[\w.+-]*$/.test(version) ? version : null },
  }
}

const PLAIN = /^([^@=<>~!^:]+)(?:(?:@|==?|:)(.*))?$/
const SPLITS: Partial<Readonly<Record<PackageEcosystem, RegExp>>> = {
  npm: /^((?:@[^/@]+\/)?[^@/]+)(?:@(.*))?$/,
  pypi: /^([\w.-]+)(?:\[[^\]]*\])?\s*(?:===?\s*([^,;\s]+)|[<>~!@;].*)?/,
  go: /^([^@]+)(?:@v?(.*))?$/,
  editor: /^([^@]+)(?:@(.*))?$/,
  image: /^([^@:]+(?::\d+\/[^@:]+)?)(?:[:@](.*))?$/,
  system: /^([^=@/]+(?:@[\d.]+)?)(?:=(.*))?$/,
}
