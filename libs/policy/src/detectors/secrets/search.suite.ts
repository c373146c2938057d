import type { Trigger } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { SECRET_RECOGNISERS } from './recognisers.ts'

/** Asks every recogniser at every place that its triggers name: plain, and slower than the one pass of the inspection. */
export function secretsIn(text: string): readonly Span[] {
  const lower = text.toLowerCase()
  return SECRET_RECOGNISERS.flatMap((recogniser) =>
    recogniser.triggers.flatMap((trigger) =>
      candidatesOf(trigger, text, lower).flatMap(([start, end]) => recogniser.recognise(text, start, end)),
    ),
  )
}

type Candidate = readonly [start: number, end: number]

const candidatesOf = (trigger: Trigger, text: string, lower: string): readonly Candidate[] =>
  trigger.kind === 'literal' ? placesOf(trigger.literal, lower) : runsOf(trigger, text)

function placesOf(literal: string, lower: string): readonly Candidate[] {
  const places: Candidate[] = []
  for (let at = lower.indexOf(literal); at >= 0; at = lower.indexOf(literal, at + 1))
    places.push([at, at + literal.length])
  return places
}

const runsOf = (
  { kind, min, max }: Exclude<Trigger, { kind: 'literal' }>,
  text: string,
): readonly Candidate[] =>
  [...text.matchAll(RUNS[kind])]
    .filter(({ 0: run }) => kind !== 'mixed' || (/\d/.test(run) && /[a-z]/i.test(run)))
    .filter(({ 0: run }) =>
      isBetween(kind === 'digits' ? run.replaceAll(/\D/g, '').length : run.length, min, max),
    )
    .map(({ 0: run, index }) => [index, index + run.length])

const RUNS = { digits: /\d(?:[ \u00a0./-]?\d)*/g, mixed: /[A-Za-z0-9]+/g, long: /[\w+/=-]+/g }

const isBetween = (value: number, least: number, most: number): boolean => value >= least && value <= most
