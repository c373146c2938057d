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
 * Tells which pointers are, or lie below, a protected pointer. In a protected pointer the step `*` stands for any one step.
 * Every pointer is taken apart once, however many rules ask about it.
 * @param protectedPointers JSON pointers, e.g. `/name` or `/_meta`
 */
export function protectionOf(protectedPointers: readonly string[]): (pointer: string) => boolean {
  const shields = protectedPointers.map((pointer) => pointer.split('/'))
  const longest = Math.max(0, ...shields.map((shield) => shield.length))
  const known = new Map<string, boolean>()
  return (pointer) => {
    const seen = known.get(pointer)
    if (seen !== undefined) return seen
    const isProtected = shieldsSome(shields, pointer.split('/', longest))
    known.set(pointer, isProtected)
    return isProtected
  }
}

const shieldsSome = (shields: readonly (readonly string[])[], steps: readonly string[]): boolean =>
  shields.some(
    (shield) =>
      shield.length <= steps.length && shield.every((step, at) => step === '*' || step === steps[at]),
  )
