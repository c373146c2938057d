// A daemon of policy files in a process of its own: daemon.mjs <options as JSON>. Says `ready` once its sockets answer.
import { writeSync } from 'node:fs'
import { register } from 'node:module'

register('../../../libs/point/test/typescript.mjs', import.meta.url)
const { openDaemon } = await import('../src/daemon/open-daemon.ts')

const { home, policies, mode, folder } = JSON.parse(process.argv[2])
const daemon = await openDaemon({
  config: { WRIT_HOME: home, WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK: 'no' },
  source: { kind: 'local', policies, mode },
  sockets: { folder },
}).catch((error) => {
  writeSync(1, `refused: ${error.message}\n`)
  process.exit(1)
})
writeSync(1, 'ready\n')
process.once('SIGTERM', () => void daemon.close().then(() => process.exit(0)))
