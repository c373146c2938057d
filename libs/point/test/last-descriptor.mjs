// `last-descriptor.mjs FOLDER`: with one file descriptor left a new file of a spool can be made, but its name cannot be synced. Says what is left then.
import { register } from 'node:module'
import { closeSync, openSync } from 'node:fs'

register('./typescript.mjs', import.meta.url)
const { openSpoolDisk } = await import('../src/records/spool-disk.ts')
const disk = await openSpoolDisk(process.argv[2])

const taken = []
function takeAll() {
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'))
    } catch {
      return
    }
  }
}

takeAll()
closeSync(taken.pop())
const made = await disk.create('file').then(
  () => 'made',
  (error) => error.code,
)
const before = taken.length
takeAll()
process.stdout.write(`${made} ${taken.length - before}\n`)
