import { destination, pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

/** A structured logger: JSON lines, one object each. */
export type Log = Logger

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * JSON lines on stderr; stdout stays free for what a program answers.
 * Written synchronously, so that the last line before an exit is never lost.
 * Fields that carry secrets are masked down to four levels deep; texts are not searched, so never put a secret into a message.
 */
export function createLog(name: string, level: LogLevel = 'info', sink: DestinationStream = stderr()): Log {
  return pino({ name, level, redact: { paths: SECRET_PATHS, censor: '[redacted]' } }, sink)
}

function stderr(): DestinationStream {
  return destination({ fd: 2, sync: true })
}

const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'dpop',
  'DPoP',
  'x-api-key',
  'X-Api-Key',
  'cookie',
  'set-cookie',
  'apiKey',
  'password',
  'secret',
  'token',
  'credential',
]

const DEPTHS = ['', '*', '*.*', '*.*.*']

const SECRET_PATHS = SECRET_FIELDS.flatMap((field) => DEPTHS.map((depth) => `${depth}["${field}"]`))
