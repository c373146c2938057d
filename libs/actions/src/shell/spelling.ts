type Platform = 'linux' | 'darwin' | 'win32'

/** A path without what its platform looks past: streams and final dots of Windows, forks and firm links of macOS. */
export function plainSpelling(path: string, platform: Platform): string {
  if (platform === 'linux') return path
  return platform === 'win32' ? plainOfWindows(path) : plainOfMac(path)
}

/**
 * `\\?\C:\x`, `\\.\C:\x` and a share of this machine are `C:\x`; `.env::$DATA`, `.env.` and `.env ` are `.env`. A part that ends in a tilde and
 * a number may be the short name of anything.
 */
function plainOfWindows(path: string): string {
  const slashed = path.replaceAll('\\', '/')
  const local = slashed
    .replace(/^\/*\/\/[?.]\/(?:UNC\/)?/i, '/')
    .replace(/^\/*\/\/?(?:localhost|127\.0\.0\.1|::1)\/([a-z])\$(?=\/|$)/i, '/$1:')
    .replace(/^\/(?:mnt\/|cygdrive\/)?([a-z])(?=\/|$)/i, '/$1:')
    .replace(/^([a-z]:)/i, '/$1')
  return local
    .split('/')
    .map((part) => (/^[a-z]:$/i.test(part) ? part.toUpperCase() : withoutTail(part)))
    .join('/')
}

const withoutTail = (part: string): string =>
  /^\.{1,2}$/.test(part) ? part : part.replace(/:.*$/, '').replace(/[. ]+$/, '')

/** Reading a fork of a file is reading the file; characters that older file systems drop are dropped. */
const plainOfMac = (path: string): string =>
  path
    .normalize('NFC')
    .replaceAll(/[\u200b-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
    .replace(/\/\.\.namedfork\/\w+$/i, '')
    .replace(/^\/(?:System\/Volumes\/Data|\.vol\/\d+\/2)(?=\/|$)/i, '')
    .replace(/^\/private(?=\/(?:etc|tmp|var)(?:\/|$))/i, '')

/** Where case does not count, a path below a workspace or the home directory is spelled as these are. */
export function recased(
  path: string,
  {
    platform,
    home,
    workspaces,
  }: { readonly platform: Platform; readonly home: string; readonly workspaces: readonly string[] },
): string {
  if (platform === 'linux') return path
  const folded = path.toLowerCase()
  const above = [...workspaces, home].find(
    (one) => folded === one.toLowerCase() || folded.startsWith(`${one.toLowerCase()}/`),
  )
  return above === undefined ? path : above + path.slice(above.length)
}
