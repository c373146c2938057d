// What the suite found through a gateway, held against what it found of the same server without one.

/** The better first. What is missing is worse than all of them. */
const RANKS = ['SUCCESS', 'INFO', 'WARNING', 'SKIPPED', 'FAILURE']
const rankOf = (status) => (status === undefined ? RANKS.length : RANKS.indexOf(status))

/** `server-tools-list-2026-11-21T15-00-07-953Z/checks.json` is of `tools-list`. */
export const scenarioOf = (folder) => /^server-(.+)-\d{4}-\d{2}-\d{2}T/.exec(folder)?.[1] ?? folder

/**
 * The scenarios of a set that passed as the suite counts: something held, and nothing failed.
 * @param {readonly string[]} names
 * @param {readonly { scenario: string, status: string }[]} checks
 */
export function passedOf(names, checks) {
  return names.filter((name) => {
    const statuses = checks.filter(({ scenario }) => scenario === name).map(({ status }) => status)
    return statuses.includes('SUCCESS') && !statuses.includes('FAILURE')
  })
}

/**
 * Checks that came out worse. An id that occurs several times counts with its worst.
 * @returns {{ scenario: string, id: string, direct: string, through: string, why: string }[]}
 */
export function worseOf(direct, through) {
  const [before, after] = [worstById(direct), worstById(through)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => isWorse(before.get(key), after.get(key)))
    .map((key) => difference(before.get(key), after.get(key)))
}

/** The suite says some things only where they went wrong. */
const isWorse = (was, is) =>
  was === undefined ? rankOf(is.status) >= rankOf('WARNING') : rankOf(is?.status) > rankOf(was.status)

const said = (check) => check?.status ?? 'not said'

function difference(was, is) {
  const { scenario, id } = was ?? is
  return { scenario, id, direct: said(was), through: said(is), why: is?.errorMessage ?? '' }
}

function worstById(checks) {
  const worst = new Map()
  for (const check of checks) {
    const key = `${check.scenario} ${check.id}`
    const known = worst.get(key)
    if (known === undefined || rankOf(check.status) > rankOf(known.status)) worst.set(key, check)
  }
  return worst
}
