/** A promise that a spec opens when its moment has come. */
export type Gate<T = void> = { readonly passed: Promise<T>; readonly open: (value: T) => void }

export function createGate<T = void>(): Gate<T> {
  const waiting: ((value: T) => void)[] = []
  const passed = new Promise<T>((resolve) => waiting.push(resolve))
  return { passed, open: (value) => waiting.forEach((resolve) => resolve(value)) }
}

/** Settles when it is so; the time limit of the spec is the only other end. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setTimeout(done, 5))
}
