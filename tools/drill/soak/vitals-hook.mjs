// Loaded into the gateway of a soak: SIGUSR2 makes it collect its garbage and write down what is left. Never loaded otherwise.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const file = join(process.env.WRIT_SOAK_VITALS, `${process.pid}.json`)

process.on('SIGUSR2', () => {
  collect()
  // What finalizers let go of is gone after a second collection.
  setImmediate(() => {
    collect()
    const { heapUsed, external, rss } = process.memoryUsage()
    const resources = process.getActiveResourcesInfo()
    const count = (name) => resources.filter((one) => one === name).length
    const vitals = {
      heapBytes: heapUsed + external,
      residentBytes: rss,
      sockets: count('TCPSocketWrap'),
      timers: count('Timeout'),
    }
    writeFileSync(`${file}.new`, JSON.stringify(vitals))
    renameSync(`${file}.new`, file)
  })
})
