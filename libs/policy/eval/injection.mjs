// What the detectors of hidden text and injection find, in a table: recall on attacks, false positives on ordinary text.
//   node libs/policy/eval/injection.mjs [--data DIR] [--text DIR]
// Without arguments it reads the development set beside it, which we wrote. `--data`: a directory with JSON lists of {prompt, label}
// (1 is an attack), such as valid.json of leolee99/PIGuard. `--text`: READMEs below a directory, in pieces of 2,000 characters, as
// ordinary text. The rules were written with the development set in sight: these figures are no promise for other text.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inspectNow } from '@writ/policy'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    text: { type: 'string', default: 'node_modules' },
    show: { type: 'boolean', default: false },
  },
})

const OWN = new URL('data/', import.meta.url)
const linesOf = (name) => readFileSync(new URL(name, OWN), 'utf8').trim().split('\n')

const inResult = (text) => ({
  content: [{ type: 'text', text: `The job has finished.\n\n${text}\n\nSee the log.` }],
})
const inTool = (description) => ({ tools: [{ name: 'tool', description, inputSchema: { type: 'object' } }] })
const asIs = (text) => ({ text })

const tagged = (text) =>
  Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.codePointAt(0))).join('')
const HIDDEN = {
  'tag characters': (text) => `Sunny.${tagged(text)}`,
  'zero-width characters': (text) =>
    `Sun${Array.from(text, (letter) => (letter.charCodeAt(0) % 2 === 0 ? '\u200b' : '\u200c')).join('')}ny.`,
  'zero-width inside of words': (text) => text.split('').join('\u200b'),
  'bidirectional override': (text) => `Sunny. \u202e${[...text].toReversed().join('')}\u202c`,
  base64: (text) => `Sunny. ${Buffer.from(text).toString('base64')}`,
  hexadecimal: (text) => `Sunny. ${Buffer.from(text).toString('hex')}`,
  'full-width letters': (text) =>
    text.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
}

const signalsOf = (content) =>
  new Set(
    inspectNow(content)
      .sightings.map(({ signal }) => signal)
      .filter((signal) => /^(?:inj|hidden)\./.test(signal)),
  )

const percent = (count, of) => (of === 0 ? '-' : `${((100 * count) / of).toFixed(1)} %`)

function row(name, texts, place) {
  const found = texts.map((text) => signalsOf(place(text)))
  const count = (wanted) => found.filter((signals) => wanted.some((signal) => signals.has(signal))).length
  const deniable = count([
    'inj.override',
    'inj.encoded',
    'inj.tool_poisoning',
    'hidden.tags',
    'hidden.zero_width',
    'hidden.bidi',
  ])
  const any = found.filter((signals) => signals.size > 0).length
  console.log(
    `| ${name} | ${texts.length} | ${percent(deniable, texts.length)} | ${percent(any, texts.length)} |`,
  )
  if (options.show)
    for (const [at, signals] of found.entries())
      if (signals.size > 0 === name.startsWith('-'))
        console.log(`    ${[...signals].join(' ')} ${JSON.stringify(texts[at]).slice(0, 200)}`)
}

function readmesBelow(directory, depth = 0) {
  if (!existsSync(directory) || depth > 4) return []
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return readmesBelow(path, depth + 1)
    return entry.isFile() && /^readme(?:\.md)?$/i.test(entry.name) ? [path] : []
  })
}

const piecesOf = (text) =>
  Array.from({ length: Math.ceil(text.length / 2000) }, (_, at) => text.slice(at * 2000, (at + 1) * 2000))

console.log(
  '| set (+ attacks, - ordinary) | texts | precise signals | any signal |\n| --- | --- | --- | --- |',
)
const attacks = linesOf('injection-positive.txt')
row('+ override phrasing in tool results (own)', attacks, inResult)
row('+ poisoned tool descriptions (own)', linesOf('tool-positive.txt'), inTool)
for (const [name, hide] of Object.entries(HIDDEN)) {
  const ascii = attacks.filter((text) => /^[ -~]*$/.test(text))
  row(`+ hidden: ${name} (own)`, ascii.map(hide), inResult)
}
row('- look-alikes of attacks (own)', linesOf('injection-negative.txt'), inResult)
row('- tool descriptions (own)', linesOf('tool-negative.txt'), inTool)
row(
  '- READMEs, pieces of 2,000 characters',
  readmesBelow(options.text)
    .slice(0, 500)
    .flatMap((path) => piecesOf(readFileSync(path, 'utf8').slice(0, 40_000))),
  asIs,
)
for (const name of options.data === undefined
  ? []
  : readdirSync(options.data).filter((file) => file.endsWith('.json'))) {
  const rows = JSON.parse(readFileSync(join(options.data, name), 'utf8'))
  if (!Array.isArray(rows) || typeof rows[0]?.prompt !== 'string') continue
  row(
    `+ ${name}`,
    rows.filter(({ label }) => label === 1).map(({ prompt }) => prompt),
    asIs,
  )
  row(
    `- ${name}`,
    rows.filter(({ label }) => label === 0).map(({ prompt }) => prompt),
    asIs,
  )
}
