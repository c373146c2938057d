export type AdmissionLimits = {
  /** calls and open streams at once */
  readonly callsUnderWay: number
  /** requests at once that have not arrived whole, or that nobody stands for */
  readonly bodies: number
  readonly bodiesPerAddress: number
}

/** How many requests are carried at once, by how far they came: what is still arriving never takes the place of a call. */
export type Admission = {
  readonly callsUnderWay: () => number
  /**
   * Null where this address, or all of them together, has too many requests that are still arriving. Where all of them have, the one that
   * has been arriving for longest is cut, if that is long: slow senders cost each other their places, and nobody else.
   */
  readonly arrive: (address: string, cut: () => void) => Visit | null
}

export type Visit = {
  /** The request has arrived. False where no more calls are taken. */
  readonly becomeCall: () => boolean
  readonly leave: () => void
}

/** Whoever is not slow on purpose has sent a request within this time. */
const LONG_MS = 1_000

/** @param nowMs monotonic milliseconds */
export function createAdmission(
  limits: AdmissionLimits,
  nowMs: () => number = () => performance.now(),
): Admission {
  /** those that are arriving, oldest first */
  const slow = new Set<Slow>()
  const arrivingFrom = new Map<string, number>()
  let arriving = 0
  let calls = 0
  const count = (source: string, change: 1 | -1) => {
    const left = (arrivingFrom.get(source) ?? 0) + change
    arriving += change
    if (left === 0) arrivingFrom.delete(source)
    else arrivingFrom.set(source, left)
  }
  return {
    callsUnderWay: () => calls,
    arrive: (address, cut) => {
      const source = sourceOf(address)
      if ((arrivingFrom.get(source) ?? 0) >= limits.bodiesPerAddress) return null
      if (arriving >= limits.bodies && !cutSlowest(slow, nowMs())) return null
      count(source, 1)
      let stage: 'arriving' | 'call' | 'gone' = 'arriving'
      const leave = () => {
        if (stage === 'arriving') count(source, -1)
        slow.delete(one)
        if (stage === 'call') calls -= 1
        stage = 'gone'
      }
      const becomeCall = () => {
        if (stage !== 'arriving' || calls >= limits.callsUnderWay) return false
        leave()
        stage = 'call'
        calls += 1
        return true
      }
      const one: Slow = {
        sinceMs: nowMs(),
        cut: () => {
          leave()
          cut()
        },
      }
      slow.add(one)
      return { becomeCall, leave }
    },
  }
}

type Slow = { readonly sinceMs: number; readonly cut: () => void }

/** @returns whether there is room now */
function cutSlowest(slow: ReadonlySet<Slow>, nowMs: number): boolean {
  const [oldest] = slow
  if (oldest === undefined || nowMs - oldest.sinceMs < LONG_MS) return false
  oldest.cut()
  return true
}

/** Whoever has one IPv6 address has the 2^64 of its network: they count as one. */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail = ''] = address.split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail)
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
