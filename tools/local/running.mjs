/**
 * What was started, to be stopped in reverse order.
 * @returns {{ add: (name: string, stop: () => unknown) => void, stopAll: () => Promise<string[]> }} `stopAll` gives what could not be stopped
 */
export function createRunning() {
  const started = []
  let stopping
  return {
    add(name, stop) {
      if (stopping === undefined) started.push({ name, stop })
      // Too late for the order: the stop has begun while this one was starting.
      else void stop()
    },
    stopAll: () => (stopping ??= stopInReverse(started)),
  }
}

async function stopInReverse(started) {
  const failures = []
  for (const { name, stop } of started.toReversed()) {
    try {
      await stop()
    } catch (error) {
      failures.push(`${name}: ${error.message}`)
    }
  }
  return failures
}
