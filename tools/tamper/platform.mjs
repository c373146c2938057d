// The same with packs of a platform: calls of an agent through a gateway into a real ledger, sealed and exported by the control plane. Somebody
// alters what was taken away, and somebody with the whole database alters what is exported next.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { openTenant, startWorld } from '../bench/world.mjs'
import { PLAIN_ATTACKS } from './attacks.mjs'
import { DATABASE_EDITS, openDatabase } from './database.mjs'
import { openJudges, writePack } from './judges.mjs'
import { chanceOf, leavesIn, linesIn, manifestOf } from './world.mjs'
import { membersOf } from './zip-content.mjs'

const CALLS = 60
const PATIENCE_MS = 120_000

/** @returns result rows, in the form of the drills */
export async function tamperPlatform({ seed, cases, say, running }) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-tamper-'))
  running.add('files of tampering', () => rmSync(folder, { recursive: true, force: true }))
  const judges = openJudges(running)
  say('starting a platform …')
  const { platform, admin, agent, url } = await startWorld({ running })
  let isOver = false
  void platform.died.then(
    ({ name, words }) => isOver || say(`${name} ended unexpectedly; its last lines:\n${words}`),
  )
  for (let call = 0; call < CALLS; call += 1) await callOnce(agent, url)
  const take = (query) => packOf({ platform, admin, folder }, query)
  const ask = async (file, known = {}) => {
    const { node, python } = await judges.ask(file, known)
    return { ...JSON.parse(node), isAgreed: !judges.hasPython || node === python }
  }
  await sealed(admin, CALLS)
  const world = await platformWorld({ platform, take, folder })
  const truth = await Promise.all(world.packs.map(({ file }) => ask(file, { trust: world.known.trust })))
  for (const { rows, holds } of truth) say(`${rows} records: ${holds ? 'holds' : 'does not hold'}`)
  const altered = await alterPacks({ world, seed, cases, ask, folder, say })
  const edited = await alterDatabase({ platform, admin, world, take, ask, seed, say })
  await judges.stop()
  isOver = true
  return [truthRow(truth), altered, edited]
}

async function callOnce(agent, url) {
  const { headers, body } = await agent.signedCall(url)
  const response = await fetch(url, { method: 'POST', headers, body })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`a call was answered ${response.status}`)
}

async function sealed(admin, atLeast) {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await sleep(500)) {
    // there is none before the first
    const { checkpoint } = await admin('GET', 'audit/checkpoint').catch(() => ({}))
    if ((checkpoint?.size ?? 0) >= atLeast) return
  }
  throw new Error('the log was not sealed in time')
}

/**
 * A pack as the API makes it, in a file. `failure`: why the control plane makes none; also what its patrol has found, for then it signs
 * the log no more and a pack that wants a newer checkpoint waits.
 */
async function packOf({ platform, admin, folder }, query) {
  const { key } = await admin('POST', 'api-keys', { name: 'auditor', role: 'owner' })
  const { id } = await admin('POST', 'audit/packs', query)
  for (const until = performance.now() + PATIENCE_MS; ; await sleep(250)) {
    const { state, failure } = await admin('GET', `audit/packs/${id}`)
    if (state === 'failed') return { failure }
    if (state === 'done') break
    const stopped = await stoppedBecause(admin)
    if (stopped !== null && state === 'waiting') {
      await admin('DELETE', `audit/packs/${id}`)
      return { failure: stopped }
    }
    if (performance.now() > until) throw new Error(`the pack is still ${state} after ${PATIENCE_MS / 1000} s`)
  }
  const response = await fetch(`${platform.controlPlaneUrl}/api/v1/audit/packs/${id}/file`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const file = join(folder, `${id}.zip`)
  writeFileSync(file, bytes)
  return { file, members: membersOf(bytes) }
}

const stoppedBecause = async (admin) =>
  (await admin('GET', 'audit/checkpoint').catch(() => ({}))).stopped ?? null

/** What was put back is found to be so by the patrol, which then lets the log be signed again. */
async function untilSigned(admin) {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await sleep(250))
    if ((await stoppedBecause(admin)) === null) return
  throw new Error('the log is not signed again')
}

const withLog = (pack) => ({ ...pack, log: { tenant: manifestOf(pack.members).tenant } })

/** What attacks without keys need of a world. */
async function platformWorld({ platform, take, folder }) {
  const range = await take({})
  const packs = [
    range,
    await take({ filter: { outcome: 'allow' } }),
    await take({ filter: { outcome: 'allow' }, withHashes: true }),
  ]
  const { admin } = await openTenant(platform, 'other')
  await sealed(admin, 1)
  const foreign = await packOf({ platform, admin, folder }, {})
  const trust = join(folder, 'trust.json')
  writeFileSync(trust, range.members.get('trust.json'))
  const leaves = linesIn(foreign.members, 'records.jsonl').map((bytes) => ({ bytes }))
  return { packs: packs.map(withLog), foreign, other: { leaves }, known: { trust } }
}

async function alterPacks({ world, seed, cases, ask, folder, say }) {
  const counts = { cases: 0, found: 0, byLeaf: 0, named: 0, agreed: 0 }
  for (let at = 0; at < cases; at += 1) {
    const altered = PLAIN_ATTACKS[at % PLAIN_ATTACKS.length](world, chanceOf(seed + 104_729 * (at + 1)))
    if (altered.isAlike) continue
    const path = join(folder, altered.zip === undefined ? 'altered' : 'altered.zip')
    writePack(path, altered)
    const { holds, isAgreed, faults } = await ask(path)
    counts.cases += 1
    if (!holds) counts.found += 1
    else say(`not found: ${altered.name}`)
    if (isAgreed) counts.agreed += 1
    else say(`they differ: ${altered.name}`)
    if (typeof altered.leaf !== 'number') continue
    counts.byLeaf += 1
    if (faults.some(({ leaf }) => leaf === altered.leaf)) counts.named += 1
    else say(`leaf ${altered.leaf} is not named: ${altered.name}: ${JSON.stringify(faults.slice(0, 5))}`)
  }
  return result({
    name: 'tamper: packs of a platform',
    value: 3 * counts.cases - counts.found - counts.agreed - counts.cases + counts.byLeaf - counts.named,
    unit: 'missed',
    atMost: 0,
    detail: `${counts.found} of ${counts.cases} found, ${counts.named} of ${counts.byLeaf} named by leaf, both verifiers the same in ${counts.agreed}; seed ${seed}`,
  })
}

/** Each alteration is undone before the next, but for the last. */
async function alterDatabase({ platform, admin, world, take, ask, seed, say }) {
  const leaves = leavesIn(world.packs[0].members)
  const { tenant } = manifestOf(world.packs[0].members)
  const chance = chanceOf(seed + 1)
  const found = []
  for (const [name, edit] of DATABASE_EDITS) {
    const database = await openDatabase(platform, tenant)
    const leaf = leaves[2 + chance(leaves.length - 8)]
    const { undo, named = leaf } = await edit(database, leaf, leaves)
    const pack = await take({})
    const verdict = pack.failure === undefined ? await ask(pack.file) : null
    found.push({ name, ...judged(pack, verdict, named) })
    say(
      `${name}, leaf ${named}: ${
        pack.failure ??
        verdict.faults
          .slice(0, 3)
          .map((fault) => `${fault.check} ${fault.leaf ?? ''}`)
          .join(', ')
      }`,
    )
    await undo()
    await database.close()
    await untilSigned(admin)
  }
  const missed = found.filter(({ isFound, isNamed }) => !isFound || !isNamed)
  return result({
    name: 'tamper: the database of a platform',
    value: missed.length,
    unit: 'missed',
    atMost: 0,
    detail: `${found.map(({ name, how }) => `${name}: ${how}`).join('; ')}${missed.length > 0 ? `; MISSED ${missed.map(({ name }) => name).join(', ')}` : ''}`,
  })
}

/** A control plane that makes no pack of what does not add up has found it too, by its leaf. */
function judged({ failure }, verdict, leaf) {
  if (failure !== undefined)
    return { isFound: true, isNamed: failure.includes(`leaf ${leaf} `), how: `no pack, ${failure}` }
  const isNamed = verdict.isAgreed && verdict.faults.some((fault) => fault.leaf === leaf)
  return { isFound: !verdict.holds, isNamed, how: 'both verifiers' }
}

const truthRow = (truth) =>
  result({
    name: 'tamper: packs of a platform that nobody altered',
    value: truth.filter(({ holds, isAgreed }) => !holds || !isAgreed).length,
    unit: 'that do not hold',
    atMost: 0,
    detail: truth
      .map(
        ({ pack, rows, root }) =>
          `${pack.kind} of ${rows}, root ${createHash('sha256').update(root).digest('hex').slice(0, 8)}`,
      )
      .join('; '),
  })
