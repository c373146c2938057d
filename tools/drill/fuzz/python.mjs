// A real Python, where there is one, as the judge of what our reader accepts and of what the table of cases says of Python.
import { spawnSync } from 'node:child_process'
import { result } from '../../bench/figures.mjs'

/** Reads one base64 a line, and writes what json.loads makes of the bytes, or `refused`. */
const PROGRAM = `
import base64, json, sys
for line in sys.stdin:
    try:
        print(json.dumps(json.loads(base64.b64decode(line))))
    except (ValueError, RecursionError):
        print('refused')
`

export async function pythonReads({ CASES, canonical }, bodies) {
  const name = 'fuzz: Python reads the same'
  const texts = CASES.map(({ text }) => Buffer.from(text))
  const lines = pythonLines([...texts, ...bodies])
  if (lines === null)
    return {
      name,
      value: null,
      unit: 'faults',
      target: '<= 0',
      holds: null,
      detail: 'there is no python3 here',
    }
  const ofCases = CASES.filter(
    (row, at) => (row.python === undefined ? row.others : row.python) !== made(lines[at], canonical),
  )
  const ofBodies = bodies.filter((body, at) => {
    const line = lines[texts.length + at]
    return (
      line !== 'refused' &&
      made(line, canonical) !== canonical(JSON.parse(Buffer.from(body).toString('utf8')))
    )
  })
  const titles = ofCases.map(({ title }) => title).join(', ')
  return result({
    name,
    value: ofCases.length + ofBodies.length,
    unit: 'faults',
    atMost: 0,
    detail: `${bodies.length} bodies that are read here, and ${CASES.length} rows of the table${titles && `; not so: ${titles}`}`,
  })
}

const made = (line, canonical) => (line === 'refused' ? null : canonical(parsed(line)))

/** What json.dumps writes for infinity and NaN is no JSON. */
function parsed(line) {
  if (line === 'Infinity') return Infinity
  return line === '[NaN]' ? [Number.NaN] : JSON.parse(line)
}

function pythonLines(bodies) {
  const input = bodies.map((body) => Buffer.from(body).toString('base64')).join('\n')
  const { status, stdout } = spawnSync('python3', ['-c', PROGRAM], {
    input: `${input}\n`,
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
    timeout: 120_000,
  })
  return status === 0 ? stdout.trimEnd().split('\n') : null
}
