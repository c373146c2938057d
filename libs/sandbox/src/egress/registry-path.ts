export const REGISTRY_KINDS = ['npm', 'pypi', 'cargo', 'rubygems'] as const
export type RegistryKind = (typeof REGISTRY_KINDS)[number]
export type RequestedPackage = { readonly name: string; readonly version: string | null }

/** The package that a request to a registry is for: its description, or one of its archives. @param path of the request, with its query */
export function packageOfPath(kind: RegistryKind, path: string): RequestedPackage | null {
  const plain = decoded(path.split(/[?#]/, 1)[0] ?? '')
  if (plain === null) return null
  return READERS[kind](plain)
}

const READERS: Readonly<Record<RegistryKind, (path: string) => RequestedPackage | null>> = {
  npm: (path) => npmArchive(path) ?? npmDescription(path),
  pypi: (path) => pypiArchive(path) ?? named(/^.*\/(?:simple|pypi)\/([^/]+)(?:\/|$)/.exec(path), pypiName),
  cargo: (path) => {
    const archive = /\/crates\/([^/]+)\/(?:\1-)?([0-9][^/]*?)(?:\/download|\.crate)$/.exec(path)
    return archive === null ? null : { name: archive[1] ?? '', version: archive[2] ?? null }
  },
  rubygems: (path) => {
    const archive = /\/gems\/([^/]+?)-([0-9][^/-]*)(?:-[^/]+)?\.gem$/.exec(path)
    return archive === null ? null : { name: archive[1] ?? '', version: archive[2] ?? null }
  },
}

function npmArchive(path: string): RequestedPackage | null {
  const parts = /\/((?:@[^/]+\/)?([^/@]+))\/-\/(?:@[^/]+\/)?\2-([0-9][^/]*)\.t(?:ar\.)?gz$/.exec(path)
  return parts === null ? null : { name: parts[1] ?? '', version: parts[3] ?? null }
}

function npmDescription(path: string): RequestedPackage | null {
  return named(/^\/((?:@[^/]+\/)?[^/@-][^/@]*)(?:\/[^/]+)?$/.exec(path), (name) => name)
}

function pypiArchive(path: string): RequestedPackage | null {
  const wheel = /\/([^/-]+)-([0-9][^/-]*)-[^/]+\.whl(?:\.metadata)?$/.exec(path)
  const source = /\/([^/]+)-([0-9][^/-]*)\.(?:tar\.(?:gz|bz2|xz)|zip)$/.exec(path)
  const found = wheel ?? source
  return found === null ? null : { name: pypiName(found[1] ?? ''), version: found[2] ?? null }
}

/** PEP 503. */
const pypiName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-')

const named = (found: RegExpExecArray | null, spelled: (name: string) => string): RequestedPackage | null =>
  found?.[1] === undefined ? null : { name: spelled(found[1]), version: null }

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
