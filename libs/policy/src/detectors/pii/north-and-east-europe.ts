import { isDay, passesLuhn, restOf, weigh } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

export const NORTH_AND_EAST_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.pl.pesel',
    forms: ['11', '6-5'],
    isValid: isPesel,
    words: anyOf('pesel', 'polish', 'numer ewidencyjny', 'numer identyfikacyjny'),
    alone: null,
  },
  {
    signal: 'pii.se.personnummer',
    forms: ['10', '12', '6-4', '8-4'],
    isValid: isPersonnummer,
    words: anyOf(
      'personnummer',
      'personnr',
      'samordningsnummer',
      'personal identity',
      'personal number',
      'pnr',
      'swedish',
      'person nr',
    ),
    alone: /^(?:\d\d)?\d{6}-\d{4}$/,
  },
  {
    signal: 'pii.no.fodselsnummer',
    forms: ['11', '6-5'],
    isValid: isFodselsnummer,
    words: anyOf('fødselsnummer', 'fodselsnummer', 'personnummer', 'norwegian', 'fnr', 'd nummer'),
    alone: null,
  },
  {
    signal: 'pii.ch.ahv',
    forms: ['13', '3-4-4-2'],
    isValid: (digits) =>
      /^756\d{10}$/.test(digits) && weigh(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
    words: anyOf('ahv', 'avs', 'avsn', 'ahvn13', 'sozialversicherung', 'social security'),
    alone: /^756\.\d{4}\.\d{4}\.\d\d$/,
  },
]

/** The month tells the century: 80 for the 1800s, 0, 20, 40, 60 from 1900 on. */
function isPesel(digits: string): boolean {
  const month = String(Number(digits.slice(2, 4)) % 20).padStart(2, '0')
  return (
    digits.length === 11 &&
    isDay(month, digits.slice(4, 6)) &&
    weigh(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
  )
}

/** A coordination number adds 60 to the day. */
function isPersonnummer(digits: string): boolean {
  const ten = digits.slice(-10)
  const hasCentury = digits.length === 10 || /^(?:18|19|20)/.test(digits)
  const day = String(Number(ten.slice(4, 6)) % 60).padStart(2, '0')
  return hasCentury && isDay(ten.slice(2, 4), day) && passesLuhn(ten)
}

function isFodselsnummer(digits: string): boolean {
  const day = String(Number(digits.slice(0, 2)) % 40).padStart(2, '0')
  const month = String(Number(digits.slice(2, 4)) % 40).padStart(2, '0')
  return (
    digits.length === 11 &&
    isDay(month, day) &&
    weigh(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
    weigh(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
  )
}

export const NORTH_AND_EAST_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.fi.hetu',
    triggers: [
      { kind: 'mixed', min: 4, max: 4, beside: '-+' },
      { kind: 'mixed', min: 11, max: 11 },
      { kind: 'digits', min: 10, max: 10 },
      { kind: 'digits', min: 4, max: 4, beside: '-+' },
    ],
    offsets: [0, -7],
    shape: /(?<![\p{L}\p{N}_-])\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?![\p{L}\p{N}_-])/iuy,
    isValid: (code) => isHetu(code.slice(0, 6), code.slice(-4)),
    words: anyOf(
      'henkilötunnus',
      'henkilotunnus',
      'hetu',
      'finnish',
      'personbeteckning',
      'personal identity',
    ),
    alone: /[A-Y]/,
  },
]

const isHetu = (birth: string, end: string): boolean =>
  isDay(birth.slice(2, 4), birth.slice(0, 2)) &&
  '0123456789ABCDEFHJKLMNPRSTUVWXY'.charAt(restOf(birth + end.slice(0, 3), 31)) === end.charAt(3)
