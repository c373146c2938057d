import { factOf, type Found } from '../found.ts'

/** Settings of programs that install: what a changed line takes away or moves. */
export function settingsFound(before: string | null, after: string): Found {
  const old = new Set(linesOf(before ?? ''))
  const fresh = linesOf(after).filter((line) => !old.has(line))
  return {
    uses: [],
    facts: fresh.flatMap((line) => {
      if (ELSEWHERE.test(line)) return [factOf('package_source', line.slice(0, MAX_SHOWN), 'sure')]
      if (LOOSENED.test(line)) return [factOf('guard_tamper', line.slice(0, MAX_SHOWN), 'possible')]
      return []
    }),
  }
}
const MAX_SHOWN = 200

const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line))

const ELSEWHERE =
  /(?:registry|registries|npmRegistryServer|index-url|index_url|default-index|extra-index|find-links|find_links|trusted-host|trusted_host|replace-with|^["']?index["']?|^["']?url["']?|proxy|https?-proxy|gemsource|:sources?|^source|globalfolder|^-\s*https?:|packageSources|<add\s)[\w"'.@/:-]*\s*[=:\]>]?.*\S|_auth|cafile/i
const LOOSENED =
  /(?:strict-ssl|enableStrictSsl|ignore-scripts|enableScripts|script-shell|node-options|min-release-age|minimumReleaseAge|npmMinimalAgeGate|exclude-newer|trustedDependencies|onlyBuiltDependencies|dangerouslyAllowAllBuilds|rustc-wrapper|^rustc\b|yarnPath|\brunner\b|linker)\s*[=:]?/i
