import { factsOfShell } from '../shell/engine.ts'
import type { Certainty, FactKind } from '../shell/facts.ts'
import { factOf, localFact, together, type Found } from './found.ts'
import type { Context } from './place.ts'
import { touchedFound } from './touched.ts'

/** PowerShell and cmd have no reader here: their words are looked over, and beyond the plainest looks it is a question. */
export function windowsFound(whole: string, context: Context): Found {
  const command = endsOf(whole)
  if (PLAIN.test(command) || PLAIN_GIT.test(command)) return { facts: [], uses: [] }
  const quoted = `'${command.replaceAll("'", `'\\''`)}'`
  const { facts, uses } = factsOfShell(`pwsh -Command ${quoted}`, context.shell)
  const said = LINES.filter(([pattern]) => pattern.test(command)).map(([, kind, certainty]) =>
    factOf(kind, command.slice(0, MAX_SHOWN), certainty),
  )
  return together(
    { facts: [...facts.map(localFact), ...said], uses },
    ...pathsIn(command).map((path) =>
      touchedFound('read', context.place.platform === 'win32' ? path : path.replaceAll('\\', '/'), context),
    ),
    { facts: [factOf('unresolvable', 'PowerShell or cmd', 'possible')], uses: [] },
  )
}
/** Of what is too long, both ends are looked over; that it cannot be read is said anyway. */
const endsOf = (command: string): string =>
  command.length > MAX_COMMAND
    ? `${command.slice(0, MAX_COMMAND / 2)}\n${command.slice(-MAX_COMMAND / 2)}`
    : command
const MAX_COMMAND = 8192
const MAX_SHOWN = 120

/** One cmdlet or program that looks at the workspace, with plain words behind it. */
const PLAIN =
  /^\s*(?:get-childitem|gci|ls|dir|get-location|pwd|cd|set-location|get-date|whoami|hostname|echo|write-output)(?:\s+[\w.\\/-]+)*\s*$/i
/** Git that looks, without paths: `git diff --no-index` shows any file, and `git branch -D` drops one. */
const PLAIN_GIT =
  /^\s*git (?:status|diff|log|branch|show)(?:\s+(?:-[asv]|-n?\d+|--(?:stat|oneline|short|name-only|staged|cached|all)|HEAD(?:[~^]\d*)?))*\s*$/

const LINES: readonly (readonly [RegExp, FactKind, Certainty])[] = [
  [/-e(?:nc?o?d?e?d?c?o?m?m?a?n?d?)?\s+[A-Za-z0-9+/=]{16,}|frombase64string/i, 'download_run', 'sure'],
  [/(?:iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring|downloaddata|net\.webclient|start-bitstransfer|bitsadmin|certutil[^\n]*urlcache)[^\n]*(?:\biex\b|invoke-expression|start-process|\|\s*&|;\s*[.&])|\biex\b[^\n]*(?:\biwr\b|\birm\b|webclient|downloadstring)/i, 'download_run', 'sure'],
  [/\b(?:mshta|regsvr32|rundll32|wscript|cscript)\b[^\n]*(?:https?:|javascript:|scrobj)/i, 'download_run', 'sure'],
  [/\b(?:remove-item|ri|rm|del|erase|rd|rmdir)\b[^\n]*(?:-r\w*|\/s)[^\n]*(?:[a-z]:[\\/]?(?:\s|"|'|$|\*|users\\?\s*$|windows)|\$(?:home|env:\w+)\s*(?:$|["'\\*])|~\s*(?:$|[\\/*]))/i, 'destructive_delete', 'sure'],
  [/\b(?:format-volume|clear-disk|initialize-disk|remove-partition|diskpart)\b|\bformat\s+[a-z]:|cipher\s+\/w/i, 'disk_wipe', 'sure'],
  [/vssadmin\s+delete|wbadmin\s+delete|wmic\s+shadowcopy\s+delete|clear-eventlog|wevtutil\s+cl/i, 'history_tamper', 'sure'],
  [/\\currentversion\\run|schtasks[^\n]*\/create|register-scheduledtask|new-service|sc(?:\.exe)?\s+create|start menu\\programs\\startup|\$profile\b/i, 'persistence', 'sure'],
  [/set-mppreference|add-mppreference|disablerealtimemonitoring|set-executionpolicy|netsh\s+advfirewall|set-netfirewall/i, 'guard_tamper', 'sure'],
  [/\b(?:start-process|saps)\b[^\n]*-verb\s+runas|net(?:1)?\s+(?:user|localgroup)\s+\S+\s+\S*\/add|new-localuser|add-localgroupmember/i, 'privilege', 'sure'],
  [/cmdkey\s+\/list|vaultcmd|get-storedcredential|get-secret|convertfrom-securestring|\blsass\b|reg(?:\.exe)?\s+save\s+hklm\\(?:sam|security)|ntds\.dit/i, 'credential_read', 'sure'],
  [/get-childitem\s+env:|\bgci\s+env:|\bdir\s+env:|^\s*set\s*$/i, 'env_leak', 'possible'],
  [/net\.sockets\.tcpclient/i, 'reverse_shell', 'sure'],
  [/invoke-(?:webrequest|restmethod)[^\n]*-(?:infile|body)|\b(?:iwr|irm)\b[^\n]*-(?:infile|body)|uploadfile|uploadstring/i, 'exfiltration', 'possible'],
] // prettier-ignore

const pathsIn = (command: string): readonly string[] =>
  (command.match(PATHS) ?? []).slice(0, MAX_PATHS).map((path) => path.replaceAll(/^["']|["']$/g, ''))
const PATHS =
  /(?:[a-z]:[\\/]|~[\\/]|\.{1,2}[\\/]|%userprofile%[\\/]|\$home[\\/]|\$env:userprofile[\\/]|\\\\[\w.?-]+\\)[^\s"';|,)]*|\.env\b[\w.]*/gi
const MAX_PATHS = 50
