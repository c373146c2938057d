// Loaded into a gateway that is profiled: SIGUSR2 begins, the next one ends and writes. Never loaded otherwise.
import { rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'

const session = new Session()
session.connect()
const file = join(process.env.WRIT_BENCH_PROFILES, `writ-${process.pid}.cpuprofile`)
let isOn = false
process.on('SIGUSR2', () => {
  isOn = !isOn
  if (isOn) return begin()
  session.post('Profiler.stop', (error, { profile }) => {
    writeFileSync(file, JSON.stringify(profile))
    writeFileSync(`${file}.done`, '')
  })
})

function begin() {
  rmSync(`${file}.done`, { force: true })
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: 500 })
  session.post('Profiler.start')
}
