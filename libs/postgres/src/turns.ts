import type { TenantId } from '@writ/contracts'

/** A tenant has more under way than it may have, and as much waiting: try again later. */
export class TenantBusy extends Error {
  override readonly name = 'TenantBusy'
  constructor() {
    super('too much of this tenant is under way')
  }
}

export type TurnLimits = {
  /** transactions of one tenant at once */
  readonly atOnce: number
  /** that wait for one of them to end */
  readonly waiting: number
}

/** Lets so many of each tenant at the pool and makes the others of that tenant wait, so that no tenant holds every connection. */
export type Turns = { readonly take: <T>(tenant: TenantId, work: () => Promise<T>) => Promise<T> }

export function createTurns(limits: TurnLimits): Turns {
  const lines = new Map<TenantId, Line>()
  return {
    take: async (tenant, work) => {
      const line = lines.get(tenant) ?? { underWay: 0, waiting: [] }
      lines.set(tenant, line)
      await enter(line, limits)
      try {
        return await work()
      } finally {
        leave(line)
        if (line.underWay === 0) lines.delete(tenant)
      }
    },
  }
}

type Line = { underWay: number; readonly waiting: (() => void)[] }

async function enter(line: Line, { atOnce, waiting }: TurnLimits): Promise<void> {
  if (line.underWay < atOnce) {
    line.underWay += 1
    return
  }
  if (line.waiting.length >= waiting) throw new TenantBusy()
  await new Promise<void>((admitted) => line.waiting.push(admitted))
}

/** Whoever waits longest takes the place over: it is never free in between. */
function leave(line: Line): void {
  const next = line.waiting.shift()
  if (next) next()
  else line.underWay -= 1
}
