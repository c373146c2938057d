import { startService } from './child.mjs'

/**
 * A service of the platform that can be stopped, killed and started again with the same settings.
 * @param {Parameters<typeof startService>[0]} settings
 * @param {(death: { name: string, words: string }) => void} onDeath called when it ends without being asked
 */
export async function keepService(settings, onDeath) {
  let child
  let isWanted = true
  const start = async () => {
    isWanted = true
    const started = await startService(settings)
    child = started
    void reportDeath(started)
  }
  const reportDeath = async (started) => {
    const end = await started.exited
    if (!isWanted || child !== started) return
    onDeath({ name: settings.name, words: `${started.tail()}\n(it ended with ${end})`.trim() })
  }
  const end = (how) => async () => {
    isWanted = false
    await how(child)
  }
  await start()
  const stop = end((one) => one.stop())
  const kill = end(async (one) => {
    one.kill()
    await one.exited
  })
  return {
    name: settings.name,
    logFile: settings.logFile,
    get pid() {
      return child.pid
    },
    get ready() {
      return child.ready
    },
    heard: (key) => child.heard(key),
    ended: () => child.exited,
    tail: () => child.tail(),
    stop,
    kill,
    restart: async () => {
      await stop()
      await start()
    },
  }
}
