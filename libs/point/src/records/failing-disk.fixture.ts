import type { Durability, SpoolDisk, SpoolFile } from './spool-disk.ts'

export type Fault = 'EIO' | 'ENOSPC' | 'short'
type Stored = { durable: Uint8Array; cached: Uint8Array; readonly durability: Durability }

/**
 * A disk in memory with the manners of a real one: what was written is in a cache until it is synced, a power cut leaves of that as much as it
 * pleases, and each call can be made to fail as the system's can. `faults`: by the number of the call.
 */
export class FailingDisk {
  readonly #files = new Map<string, Stored>()
  readonly #faults: Map<number, Fault>
  readonly #awaited = new Map<string, Fault>()
  /** how much of what is only cached a power cut leaves, and how much a failed write had taken */
  readonly #luck: () => number
  readonly said: string[] = []
  calls = 0

  constructor(faults: ReadonlyMap<number, Fault> = new Map(), luck: () => number = () => 0) {
    this.#faults = new Map(faults)
    this.#luck = luck
  }

  /** Nothing fails while this is on, and no call is counted. */
  isPeaceful = false

  failNext(fault: Fault): void {
    this.failAt(this.calls, fault)
  }

  failAt(call: number, fault: Fault): void {
    this.#faults.set(call, fault)
  }

  /** The next call of this kind fails, whatever comes before it. */
  failNextOf(what: string, fault: Fault): void {
    this.#awaited.set(what, fault)
  }

  /** The machine stops: what is durable stays, and of the rest a part, at most. */
  cutPower(): void {
    for (const file of this.#files.values()) {
      const { durable, cached } = file
      const keptBytes = durable.length + Math.floor(this.#luck() * (cached.length - durable.length))
      file.cached = cached.slice(0, Math.max(durable.length, keptBytes))
      file.durable = file.cached
    }
  }

  /** What a start would find if the process, or with `power` the machine, stopped now. */
  stopped(power: boolean): FailingDisk {
    const copy = new FailingDisk(new Map(), this.#luck)
    for (const [name, file] of this.#files) copy.#files.set(name, { ...file })
    if (power) copy.cutPower()
    return copy
  }

  get disk(): SpoolDisk {
    return {
      create: async (name, durability = 'each-write') => {
        this.#call('create')
        if (this.#files.has(name)) throw new Error(`${name} is there already`)
        this.#files.set(name, { durable: new Uint8Array(), cached: new Uint8Array(), durability })
        return this.#open(name)
      },
      replace: async (name, text) => {
        this.#call('replace')
        const bytes = Buffer.from(text)
        this.#files.set(name, { durable: bytes, cached: bytes, durability: 'each-write' })
      },
      list: async () => [...this.#files.keys()].toSorted(),
      read: async (name) => (this.#call('read'), this.#file(name).cached),
      readAt: async (name, offset, length) => (
        this.#call('readAt'),
        this.#file(name).cached.subarray(offset, offset + length)
      ),
      remove: async (name) => {
        this.#call('remove')
        this.#files.delete(name)
      },
      freeBytes: async () => (this.#call('freeBytes'), 1e12),
    }
  }

  #open(name: string): SpoolFile {
    let isBroken = false
    return {
      write: async (bytes) => {
        const file = this.#file(name)
        if (this.#fault('write') !== undefined) return this.#writeSome(file, bytes)
        file.cached = Buffer.concat([file.cached, bytes])
        if (file.durability === 'each-write') file.durable = file.cached
        return bytes.length
      },
      // As Linux has it: after a failure the pages count as clean, and the next sync says that all is well.
      sync: async () => {
        if (isBroken) this.said.push('a second sync of a file whose sync had failed')
        try {
          this.#call('sync')
        } catch (error) {
          isBroken = true
          throw error
        }
        const file = this.#file(name)
        file.durable = file.cached
      },
      cut: async (endBytes) => {
        this.#call('cut')
        const file = this.#file(name)
        file.cached = file.cached.slice(0, endBytes)
        file.durable = file.cached
      },
      close: async () => this.#call('close'),
    }
  }

  #writeSome(file: Stored, bytes: Uint8Array): number {
    const fault = this.#takeFault('write')
    const tookBytes = Math.floor(this.#luck() * bytes.length)
    file.cached = Buffer.concat([file.cached, bytes.subarray(0, tookBytes)])
    if (fault === 'short') return tookBytes
    throw errorOf(fault)
  }

  #call(what: string): void {
    if (this.isPeaceful) return
    const fault = this.#takeFault(what)
    if (fault !== undefined) throw errorOf(fault)
  }

  #fault(what: string): Fault | undefined {
    const fault = this.#faults.get(this.calls) ?? this.#awaited.get(what)
    if (fault === undefined) this.calls += 1
    return fault
  }

  #takeFault(what: string): Fault | undefined {
    const fault = this.#faults.get(this.calls) ?? this.#awaited.get(what)
    this.#awaited.delete(what)
    this.calls += 1
    if (fault !== undefined) this.said.push(`${what}: ${fault}`)
    return fault
  }

  #file(name: string): Stored {
    const file = this.#files.get(name)
    if (!file) throw Object.assign(new Error(`there is no ${name}`), { code: 'ENOENT' })
    return file
  }
}

const errorOf = (fault: Fault | undefined): Error => {
  const code = fault === 'ENOSPC' ? 'ENOSPC' : 'EIO'
  return Object.assign(new Error(code), { code })
}
