/** @throws TypeError for what is no name of a copy */
export function requireArchiveName(name: string): void {
  const isName = name.length <= 512 && /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !/(^|\/)\.{1,2}(\/|$)/.test(name)
  if (!isName) throw new TypeError('that is no name for a copy')
}

/** So that the newest checkpoint of a log has the first name: the size counted down from 16 nines, in groups of four. */
export const checkpointName = (log: string, epoch: number, size: number): string => {
  const digits = String(9_999_999_999_999_999n - BigInt(size)).padStart(16, '0')
  return `${checkpointsOfEpoch(log, epoch)}${(digits.match(/.{4}/g) ?? []).join('/')}.note`
}
export const checkpointsOfEpoch = (log: string, epoch: number): string => `${log}/${epoch}/checkpoint/`
export const archivedTile = (log: string, epoch: number, path: string): string => `${log}/${epoch}/${path}`
/** How an epoch ended; it is the next one that the name has. */
export const forkName = (log: string, epoch: number): string => `${log}/fork/${epoch}.note`
