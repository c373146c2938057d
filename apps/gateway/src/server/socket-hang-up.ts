import type { ServerResponse } from 'node:http'
import type { HangUp } from '@writ/enforcement'
import { whyCut } from './slow-readers.ts'

/** Heard of once, when the connection of an answer ends before the answer does. */
export class SocketHangUp implements HangUp {
  aborted = false
  reason: unknown = undefined
  readonly #response: ServerResponse
  readonly #listeners: (() => void)[] = []

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('close', () => this.#onClose())
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted && !this.#listeners.includes(listener)) this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const place = this.#listeners.indexOf(listener)
    if (place >= 0) this.#listeners.splice(place, 1)
  }

  #onClose(): void {
    if (this.#response.writableFinished || this.aborted) return
    this.aborted = true
    this.reason = whyCut(this.#response) ?? new DOMException('the agent hung up', 'AbortError')
    for (const listener of this.#listeners.splice(0)) listener()
  }
}
