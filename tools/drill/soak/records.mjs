// Whether the ledger has everything: every answer's decision closed, everything that was opened closed, nothing left on the gateway's disk.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

const PATIENCE_MS = 120_000

/** @returns {Promise<{ kept: number, unclosed: number, missing: number, twice: number }>} */
export async function recordsOf({ platform, gateway, tenant }, decisions) {
  await untilShipped(gateway)
  const client = new Client({ connectionString: platform.ownerUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
    const kinds = new Map()
    const { rows } = await client.query(
      "select decision_id as id, kind from writ.records where tenant_id = $1 and kind in ('opened', 'closed')",
      [tenant],
    )
    for (const { id, kind } of rows) kinds.set(id, [...(kinds.get(id) ?? []), kind])
    const each = [...kinds.values()]
    return {
      kept: rows.length,
      unclosed: each.filter((some) => closings(some) === 0).length,
      twice: each.filter((some) => closings(some) > 1).length,
      missing: decisions.filter((id) => closings(kinds.get(id) ?? []) === 0).length,
    }
  } finally {
    await client.end()
  }
}

async function untilShipped({ adminUrl }) {
  for (let waited = 0; waited < PATIENCE_MS; waited += 250) {
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
    const waiting = /^writ_spool_records (\d+)/m.exec(metrics)?.[1]
    if (waiting === '0') return
    await sleep(250)
  }
  throw new Error('records still wait on the gateway’s disk after two minutes')
}

const closings = (kinds) => kinds.filter((kind) => kind === 'closed').length
