// `inside.mjs MODULE SETTINGS`: one drill as a process of its own, inside whatever it was started in; its results go to stdout.
import { createSay } from '../../local/progress.mjs'
import { createRunning } from '../../local/running.mjs'

const [module, settings] = process.argv.slice(2)
const running = createRunning()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => void running.stopAll().then(() => process.exit(1)))
try {
  const { runInside } = await import(module)
  const rows = await runInside({ say: createSay(process.stderr), running, ...JSON.parse(settings) })
  await new Promise((written) => process.stdout.write(JSON.stringify(rows), written))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  await running.stopAll()
}
process.exit()
