import type { StreamId } from '@writ/contracts'

type Waiter = { readonly seq: number; readonly settle: (isConfirmed: boolean) => void }

/** Who waits for the ledger to confirm a record, and until when. */
export class Awaited {
  readonly #waiters = new Map<StreamId, Set<Waiter>>()
  #wake: (() => void) | null = null

  /** Streams that somebody waits for. */
  streams(): StreamId[] {
    return [...this.#waiters.keys()]
  }

  /** @returns whether the record was confirmed within `mostMs` */
  wait(stream: StreamId, seq: number, mostMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(stream) ?? new Set<Waiter>()
      this.#waiters.set(stream, waiters)
      const timer = setTimeout(() => waiter.settle(false), mostMs)
      const waiter: Waiter = {
        seq,
        settle: (isConfirmed) => {
          clearTimeout(timer)
          waiters.delete(waiter)
          if (waiters.size === 0) this.#waiters.delete(stream)
          resolve(isConfirmed)
        },
      }
      waiters.add(waiter)
      this.#wake?.()
    })
  }

  confirmed(stream: StreamId, nextSeq: number): void {
    for (const waiter of this.#waiters.get(stream) ?? []) if (waiter.seq < nextSeq) waiter.settle(true)
  }

  /** Settles when somebody begins to wait, at the latest after `mostMs` or when the signal aborts. */
  async begun(mostMs: number, signal: AbortSignal): Promise<void> {
    if (this.#waiters.size > 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(done, mostMs)
      signal.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }
}
