import { hostname } from 'node:os'
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

/** A line of fields under one message; what is undefined is left out. */
export type LineLog = (fields: Readonly<Record<string, string | number | undefined>>) => void

/**
 * The same lines at level `info`, for what happens thousands of times a second: those of one turn of the event loop are written at once,
 * and the last ones when the process exits.
 */
export function createLineLog(
  name: string,
  message: string,
  level: LogLevel = 'info',
  sink: DestinationStream = stderr(),
): LineLog {
  if (!WITH_INFO.has(level)) return () => {}
  const head = JSON.stringify({ pid: process.pid, hostname: hostname(), name }).slice(1, -1)
  const tail = `"msg":${JSON.stringify(message)}}\n`
  let lines = ''
  const write = (): void => {
    if (lines === '') return
    const written = lines
    lines = ''
    sink.write(written)
  }
  process.on('exit', write)
  return (fields) => {
    if (lines === '') setImmediate(write)
    const said = JSON.stringify(masked(fields)).slice(1, -1)
    lines += `{"level":30,"time":${Date.now()},${head},${said === '' ? '' : `${said},`}${tail}`
  }
}

const WITH_INFO: ReadonlySet<LogLevel> = new Set<LogLevel>(['trace', 'debug', 'info'])

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

type Fields = Readonly<Record<string, unknown>>

// By hand, because a line is written for every message: a set look-up per field costs a tenth of what matching paths does.
function masked(fields: Fields, levels: number = MASKED_LEVELS): Fields {
  let copy: Fields | null = null
  for (const name of Object.keys(fields)) {
    const value = fields[name]
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
