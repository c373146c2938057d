// Precision and recall of the detectors of personal data, by kind. Prints two tables: development data, and data made from a seed.
// node libs/policy/eval/pii.mjs --data <directory with synth_dataset_v2.json and generated_large.json of microsoft/presidio-research>
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inspectNow } from '@writ/policy'
import { CHECKED, NAMES, seeded, valuesOf } from './pii-values.mjs'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    show: { type: 'string' },
  },
})

/** What the development data calls it, and the signals that count for it. */
const KINDS = {
  EMAIL_ADDRESS: ['pii.email'],
  CREDIT_CARD: ['pii.card'],
  IBAN_CODE: ['pii.iban'],
  US_SSN: ['pii.ssn'],
  IP_ADDRESS: ['pii.ip'],
  'PHONE_NUMBER (pii.phone)': ['pii.phone'],
  'PHONE_NUMBER (with loose)': ['pii.phone', 'pii.phone.loose'],
  US_DRIVER_LICENSE: ['pii.driving_licence'],
  ZIP_CODE: ['pii.postal_code'],
}

const foundIn = (text) => inspectNow(text).sightings.filter(({ signal }) => signal.startsWith('pii.'))

/** Half of the shorter of both, at least. */
function overlaps(found, truth) {
  const common = Math.min(found.end, truth.end) - Math.max(found.start, truth.start)
  return common * 2 >= Math.min(found.end - found.start, truth.end - truth.start)
}

const ratio = (part, whole) => (whole === 0 ? '-' : (part / whole).toFixed(3))

function scored(pairs) {
  let [right, found, hit, truths] = [0, 0, 0, 0]
  for (const { sightings, spans } of pairs) {
    found += sightings.length
    truths += spans.length
    right += sightings.filter((one) => spans.some((span) => overlaps(one, span))).length
    hit += spans.filter((span) => sightings.some((one) => overlaps(one, span))).length
  }
  return { found, truths, precision: ratio(right, found), recall: ratio(hit, truths) }
}

function development(directory) {
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
    const texts = JSON.parse(readFileSync(join(directory, file), 'utf8')).map((entry) => ({
      text: entry.full_text,
      sightings: foundIn(entry.full_text),
      spans: entry.spans.map((span) => ({
        kind: span.entity_type,
        start: span.start_position,
        end: span.end_position,
      })),
    }))
    console.log(
      `\n${file}: ${texts.length} texts\n\n| kind | found | there | P | R |\n| --- | --- | --- | --- | --- |`,
    )
    for (const [kind, signals] of Object.entries(KINDS)) {
      const name = kind.split(' ')[0]
      const pairs = texts.map(({ text, sightings, spans }) => ({
        text,
        sightings: sightings.filter(({ signal }) => signals.includes(signal)),
        spans: spans.filter((span) => span.kind === name),
      }))
      row(kind, scored(pairs))
      if (options.show === name) show(pairs)
    }
    const others = texts.flatMap(({ text, sightings }) =>
      sightings
        .filter(({ signal }) => !Object.values(KINDS).flat().includes(signal))
        .map(({ signal, start, end }) => `${signal} ${text.slice(start, end)}`),
    )
    console.log(`\nof kinds that the data does not label: ${others.length}`)
    if (options.show === 'others') console.log(others.join('\n'))
  }
}

function show(pairs) {
  for (const { text, sightings, spans } of pairs) {
    for (const one of sightings)
      if (!spans.some((span) => overlaps(one, span)))
        console.log(
          '  wrong ',
          JSON.stringify(text.slice(Math.max(0, one.start - 30), one.end + 5)),
          one.signal,
        )
    for (const span of spans)
      if (!sightings.some((one) => overlaps(one, span)))
        console.log('  missed', JSON.stringify(text.slice(Math.max(0, span.start - 30), span.end + 5)))
  }
}

const row = (kind, { found, truths, precision, recall }) =>
  console.log(`| ${kind} | ${found} | ${truths} | ${precision} | ${recall} |`)

const CARRIERS = [
  (name, value) => [`Please update the record: ${name} `, value, ' is the one that we have on file.'],
  (name, value) => [`${name}: `, value, ''],
  (name, value) => [`Hi, my ${name} is `, value, ', thanks!'],
  (name, value) => [`id,name,${name.toLowerCase()}\n1,Ana (${name}),`, value, '\n'],
  (name, value) => [`{"note":"call back","${name.toLowerCase().replaceAll(' ', '_')}":"`, value, '","n":12}'],
]

function made(seed, count) {
  const next = seeded(seed)
  const values = valuesOf(next)
  const pick = (list) => list[Math.floor(next() * list.length)]
  const texts = []
  for (const [signal, make] of Object.entries(values)) {
    for (let number = 0; number < count; number += 1) {
      const value = make()
      const isMiss = CHECKED.has(signal) && number % 2 === 1
      const [before, written, after] = pick(CARRIERS)(
        pick(NAMES[signal]),
        isMiss ? broken(value, next) : value,
      )
      const text = before + written + after
      const spans = isMiss ? [] : [{ signal, start: before.length, end: before.length + written.length }]
      texts.push({ text, spans, sightings: foundIn(text) })
    }
  }
  console.log(
    `\nmade from seed ${seed}: ${texts.length} texts; of checked kinds every other has one wrong digit\n\n| signal | found | there | P | R |\n| --- | --- | --- | --- | --- |`,
  )
  for (const signal of Object.keys(values)) {
    const pairs = texts.map(({ text, spans, sightings }) => ({
      text,
      spans: spans.filter((span) => span.signal === signal),
      sightings: sightings.filter((one) => one.signal === signal),
    }))
    row(signal, scored(pairs))
    if (options.show === signal) show(pairs)
  }
}

/** One digit is another one. */
function broken(value, next) {
  const places = Array.from(value).flatMap((character, at) => (/\d/.test(character) ? [at] : []))
  const at = places[Math.floor(places.length * (0.5 + next() / 2))] ?? 0
  return value.slice(0, at) + ((Number(value[at]) + 1 + Math.floor(next() * 8)) % 10) + value.slice(at + 1)
}

if (options.data !== undefined) development(options.data)
made(Number(options.seed), Number(options.count))
