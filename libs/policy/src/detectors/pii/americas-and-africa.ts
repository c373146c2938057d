import { isDay, isUniform, passesLuhn, weigh } from './checks.ts'
import { anyOf } from './context.ts'
import type { NumberKind } from './number-kind.ts'

export const AMERICAN_AND_AFRICAN_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.ca.sin',
    forms: ['9', '3-3-3'],
    isValid: (digits) => !/^[08]0/.test(digits) && !isUniform(digits) && passesLuhn(digits),
    words: anyOf('sin', 'social insurance', 'nas', 'assurance sociale', 'canadian'),
    alone: null,
  },
  {
    signal: 'pii.br.cpf',
    forms: ['11', '3-3-3-2', '9-2'],
    isValid: (digits) =>
      digits.length === 11 && !isUniform(digits) && checksFrom(digits, 9) && checksFrom(digits, 10),
    words: anyOf('cpf', 'cadastro de pessoas', 'pessoa física', 'pessoas físicas', 'brazilian'),
    alone: /^\d{3}\.\d{3}\.\d{3}-\d\d$/,
  },
  {
    signal: 'pii.br.cnpj',
    forms: ['14', '2-3-3-4-2'],
    isValid: isCnpj,
    words: anyOf('cnpj', 'cadastro nacional', 'pessoa jurídica'),
    alone: /^\d\d\.\d{3}\.\d{3}\/\d{4}-\d\d$/,
  },
  {
    signal: 'pii.za.id',
    forms: ['13', '6-4-3', '6-4-2-1'],
    isValid: (digits) =>
      /^\d{10}[012]\d\d$/.test(digits) && isDay(digits.slice(2, 4), digits.slice(4, 6)) && passesLuhn(digits),
    words: anyOf(
      'south african',
      'south africa',
      'sa id',
      'rsa id',
      'said',
      'za id',
      'id number',
      'identity number',
      'id no',
      'identity document',
      'national id',
      'identiteitsnommer',
      'citizen',
    ),
    alone: /^\d{6} \d{4} \d{3}$/,
  },
]

/** Descending weights that end in 2. */
function checksFrom(digits: string, place: number): boolean {
  const weights = Array.from({ length: place }, (_, at) => place + 1 - at)
  return ((weigh(digits, weights) * 10) % 11) % 10 === Number(digits.charAt(place))
}

function isCnpj(digits: string): boolean {
  return digits.length === 14 && !isUniform(digits) && [12, 13].every((place) => checksCnpj(digits, place))
}

/** Weights from the right: 2 to 9, and again. */
function checksCnpj(digits: string, place: number): boolean {
  const rest =
    weigh(
      digits,
      Array.from({ length: place }, (_, at) => ((place - 1 - at) % 8) + 2),
    ) % 11
  return (rest < 2 ? 0 : 11 - rest) === Number(digits.charAt(place))
}
