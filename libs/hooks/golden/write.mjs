// Writes what the specs compare with: the table that is compiled into the hook client, and the answer to each event of each client.
// Run after `npx tsc -b libs/hooks`, and read the difference before it is committed.
import { readFileSync, writeFileSync } from 'node:fs'
import { answersTo } from '../dist/golden.fixture.js'
import { fallbackHeader, HOOK_CLIENTS } from '@writ/hooks'

const here = (path) => new URL(path, import.meta.url)
writeFileSync(here('../../../native/writ-hook/clients.h'), fallbackHeader())
for (const client of HOOK_CLIENTS) {
  const inputs = JSON.parse(readFileSync(here(`clients/${client}.inputs.json`), 'utf8'))
  const answers = Object.fromEntries(
    Object.entries(inputs).map(([event, payload]) => [event, answersTo(client, payload)]),
  )
  writeFileSync(here(`clients/${client}.answers.json`), `${JSON.stringify(answers, null, 2)}\n`)
}
