// Claims a folder and keeps it until it is killed: claim-forever.mjs <folder>. Says `held`, or why not.
import { writeSync } from 'node:fs'
import { register } from 'node:module'

register('./typescript.mjs', import.meta.url)
const { claimFolder } = await import('../src/claim.ts')

await claimFolder(process.argv[2]).then(
  () => writeSync(1, 'held\n'),
  ({ message }) => writeSync(1, `${message}\n`) && process.exit(1),
)
setInterval(() => {}, 1000)
