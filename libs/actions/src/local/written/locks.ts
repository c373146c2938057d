import { factOf, type Found } from '../found.ts'

/**
 * A lock file is made by its program; of one that is written by hand two things matter: a host that did not stand there before, and other
 * bytes for what was there before under the same name and version.
 */
export function lockFound(before: string | null, after: string): Found {
  const known = hostsIn(before ?? '')
  const strange = [...hostsIn(after)].filter((host) => !known.has(host))
  const certainty = before === null ? 'possible' : 'sure'
  return {
    uses: [],
    facts: [
      ...strange.map((host) => factOf('lockfile_changed_source', host, certainty)),
      ...changedBytes(before ?? '', after).map((name) => factOf('lockfile_changed_source', name, 'sure')),
    ],
  }
}

const hostsIn = (text: string): ReadonlySet<string> =>
  new Set(
    [
      ...text.matchAll(
        /\b[a-z][\w+.-]{0,15}:\/\/(?:[^/@\s"']{0,256}@)?([^/:"'\s#?)]{1,255})|\bgit@([^:\s]{1,255}):/gi,
      ),
    ].map((match) => (match[1] ?? match[2] ?? '').toLowerCase()),
  )

/** Names of those whose digest is another one although the lines before it, which say name, version and place, are the same. */
function changedBytes(before: string, after: string): readonly string[] {
  const old = digestsIn(before)
  return [...digestsIn(after)]
    .filter(([name, digest]) => old.has(name) && old.get(name) !== digest)
    .map(([name]) => name.split('\n').join(' ').slice(0, MAX_SHOWN))
}
const MAX_SHOWN = 200

const DIGEST =
  /sha\d{1,3}[-:][A-Za-z0-9+/=_-]{20,}|\bh1:[A-Za-z0-9+/=]{20,}|\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b/g

/** Each digest by what stands on its line beside it and on the two lines above. */
function digestsIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  for (const [at, line] of lines.entries()) {
    const digests = line.match(DIGEST)
    if (digests === null) continue
    const above = lines.slice(Math.max(0, at - 2), at).map((one) => one.replaceAll(DIGEST, ''))
    found.set([...above, line.replaceAll(DIGEST, '')].join('\n'), digests.join(' '))
  }
  return found
}
