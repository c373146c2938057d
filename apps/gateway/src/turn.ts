const waiting: (() => void)[] = []

/**
 * Gives everything else in this process its turn. Of all that wait for theirs one goes on at a time: however many there are, nothing else
 * waits for more than one of their slices.
 */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(goOn)
  })

function goOn(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(goOn)
}
