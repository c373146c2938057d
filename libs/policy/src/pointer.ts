/** JSON pointers (RFC 6901). */

/** @param steps member names and array indexes from the root; none for the root itself */
export const formatPointer = (steps: readonly (string | number)[]): string =>
  steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

export const parsePointer = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

/**
 * True when `pointer` is, or lies below, a protected pointer. In a protected pointer the step `*` stands for any one step.
 * @param protectedPointers JSON pointers, e.g. `/name` or `/_meta`
 */
export function isProtected(pointer: string, protectedPointers: readonly string[]): boolean {
  const steps = pointer.split('/')
  return protectedPointers.some((other) => {
    const wanted = other.split('/')
    return wanted.length <= steps.length && wanted.every((step, at) => step === '*' || step === steps[at])
  })
}
