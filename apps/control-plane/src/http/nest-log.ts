import type { LoggerService } from '@nestjs/common'
import type { Log } from '@writ/runtime'

/** Nest's own lines through the one log: its chatter as debug, its warnings and errors as such. */
export class NestLog implements LoggerService {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  log(message: unknown): void {
    this.#log.debug(String(message))
  }

  warn(message: unknown): void {
    this.#log.warn(String(message))
  }

  error(message: unknown): void {
    this.#log.error(String(message))
  }
}
