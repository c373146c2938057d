import type { PackQuery } from '@writ/contracts'

/** A query in words, one a line, for the cover of the report. */
export function queryText({ leaves, time, filter }: PackQuery): string[] {
  const filters = Object.entries(filter ?? {}).map(([name, value]) => `${name} is ${String(value)}`)
  return [
    rangeText(leaves, time),
    ...(filter === undefined ? ['Every record of it'] : ['Records of it that match:', ...filters]),
  ]
}

function rangeText(leaves: PackQuery['leaves'], time: PackQuery['time']): string {
  if (time !== undefined)
    return `Time: from ${time.since ?? 'the beginning'} to before ${time.until ?? 'the request'}`
  if (leaves === undefined) return 'All of the log that is kept, as it was at the request'
  return `Leaves: from ${leaves.from ?? 'the first that is kept'} to before ${leaves.to ?? 'the end at the request'}`
}
