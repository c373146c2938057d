import { destination, pino, stdSerializers } from 'pino'
import type { ChildLoggerOptions, DestinationStream, Logger } from 'pino'

/** A structured logger: JSON lines, one object each. */
export type Log = Logger

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * JSON lines on stderr; stdout stays free for what a program answers.
 * Written synchronously, so that the last line before an exit is never lost.
 * Fields that carry secrets are masked down to four levels deep; texts are not searched, so never put a secret into a message.
 */
export function createLog(name: string, level: LogLevel = 'info', sink: DestinationStream = stderr()): Log {
  const log = pino(
    {
      name,
      level,
      formatters: { log: (fields) => masked(fields), bindings: (fields) => masked(fields) },
      serializers: { err: (error: Error) => masked({ ...stdSerializers.err(error) }) },
    },
    sink,
  )
  return maskingChildren(log)
}

/** pino formats what a child always carries in a way of its own, which knows no masking. */
function maskingChildren(log: Log): Log {
  const child = log.child.bind(log)
  return Object.assign(log, {
    child: (bindings: Fields, options?: ChildLoggerOptions) =>
      maskingChildren(child(masked(bindings), options)),
  })
}

function stderr(): DestinationStream {
  return destination({ fd: 2, sync: true })
}

const SECRET_FIELDS = new Set([
  'authorization',
  'dpop',
  'x-api-key',
  'cookie',
  'set-cookie',
  'apikey',
  'password',
  'secret',
  'token',
  'credential',
])

const MASK = '[redacted]'
const MASKED_LEVELS = 4

type Fields = Record<string, unknown>

// By hand, because a line is written for every message: a set look-up per field costs a tenth of what matching paths does.
function masked(fields: Fields, levels: number = MASKED_LEVELS): Fields {
  let copy: Fields | null = null
  for (const [name, value] of Object.entries(fields)) {
    const shown = shownAs(name, value, levels)
    if (shown !== value) copy = { ...(copy ?? fields), [name]: shown }
  }
  return copy ?? fields
}

function shownAs(name: string, value: unknown, levels: number): unknown {
  if (SECRET_FIELDS.has(name.toLowerCase())) return MASK
  return levels > 1 && isPlain(value) ? masked(value, levels - 1) : value
}

const isPlain = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
