import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @returns the environment of gateways whose vitals can be read, and what reads them: bytes of live heap and of resident memory, open sockets
 * and timers, after a collection
 */
export function openVitals(running) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-soak-'))
  running.add('vitals', () => rmSync(folder, { recursive: true, force: true }))
  const hook = new URL('vitals-hook.mjs', import.meta.url).href
  return {
    environment: { NODE_OPTIONS: `--import ${hook}`, WRIT_SOAK_VITALS: folder },
    of: async (pid) => {
      const file = join(folder, `${pid}.json`)
      rmSync(file, { force: true })
      process.kill(pid, 'SIGUSR2')
      for (let waited = 0; !existsSync(file); waited += 20) {
        if (waited > 20_000) throw new Error('the gateway did not tell its vitals within 20 s')
        await sleep(20)
      }
      return JSON.parse(readFileSync(file, 'utf8'))
    },
  }
}
