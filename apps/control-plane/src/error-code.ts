/** The code of an error: the SQLSTATE of a failed query (PostgreSQL Appendix A), else the code of a Node error; null without one. */
export function codeOf(error: unknown): string | null {
  const code = memberOf(memberOf(error, 'driverError'), 'code') ?? memberOf(error, 'code')
  return typeof code === 'string' ? code : null
}

export const UNIQUE_VIOLATION = '23505'
/** Raised by the triggers that hold a tenant's limits; `detail` is the limit and its value. */
export const LIMIT_REACHED = 'WRLIM'

/** Nobody answers, or a server says that it is lost, stopping or starting (PostgreSQL Appendix A, class 08 and 57P01 to 57P03). */
const AWAY_CODES = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|08\w{3}|57P0[1-3])$/
/** What the driver and its pool say without a code. */
const AWAY_WORDS = /^(Connection terminated|timeout exceeded when trying to connect)/

/** Whether a server that was asked is away, which is no fault of the request nor of this program. */
export function isServerAway(error: unknown): boolean {
  const words = String(memberOf(memberOf(error, 'driverError') ?? error, 'message'))
  return AWAY_CODES.test(codeOf(error) ?? '') || AWAY_WORDS.test(words)
}

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
