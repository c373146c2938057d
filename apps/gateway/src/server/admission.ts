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
  /** Null where this address, or all of them together, has too many requests that are still arriving. */
  readonly arrive: (address: string) => Visit | null
}

export type Visit = {
  /** The request has arrived. False where no more calls are taken. */
  readonly becomeCall: () => boolean
  readonly leave: () => void
}

export function createAdmission(limits: AdmissionLimits): Admission {
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
    arrive: (address) => {
      const source = sourceOf(address)
      if (arriving >= limits.bodies || (arrivingFrom.get(source) ?? 0) >= limits.bodiesPerAddress) return null
      count(source, 1)
      let stage: 'arriving' | 'call' | 'gone' = 'arriving'
      const leave = () => {
        if (stage === 'arriving') count(source, -1)
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
      return { becomeCall, leave }
    },
  }
}

/** Whoever has one IPv6 address has the 2^64 of its network: they count as one. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail)
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
