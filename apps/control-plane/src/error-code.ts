/** The code of an error: the SQLSTATE of a failed query (PostgreSQL Appendix A), else the code of a Node error; null without one. */
export function codeOf(error: unknown): string | null {
  const code = memberOf(memberOf(error, 'driverError'), 'code') ?? memberOf(error, 'code')
  return typeof code === 'string' ? code : null
}

export const UNIQUE_VIOLATION = '23505'
/** Raised by the triggers that hold a tenant's limits; `detail` is the limit and its value. */
export const LIMIT_REACHED = 'WRLIM'

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
