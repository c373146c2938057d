import { isUniform, passesLuhn } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

export const DEVICE_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.imei',
    forms: ['15', '2-6-6-1', '6-2-6-1', '8-6-1'],
    isValid: (digits) => digits.length === 15 && !isUniform(digits) && passesLuhn(digits),
    words: anyOf('imei', 'imei1', 'imei2', 'mobile equipment', 'handset', 'device id'),
    alone: null,
  },
]

export const DEVICE_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.vin',
    triggers: [{ kind: 'mixed', min: 17, max: 17 }],
    shape: /(?<![\p{L}\p{N}_-])[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{5}[0-9]{3}(?![\p{L}\p{N}_-])/iuy,
    isValid: isVin,
    words: anyOf('vin', 'vehicle', 'chassis', 'fahrgestellnummer', 'fahrzeug', 'car'),
    alone: /^(?=(?:[^A-Z]*[A-Z]){3})[A-Z0-9]{17}$/,
  },
  {
    signal: 'pii.mac',
    triggers: [
      { kind: 'mixed', min: 2, max: 2 },
      { kind: 'digits', min: 2, max: 2 },
    ],
    offsets: [0, -3, -6, -9],
    beside: ':-',
    shape:
      /(?<![\p{L}\p{N}_:.-])[0-9A-F]{2}([:-])[0-9A-F]{2}(?:\1[0-9A-F]{2}){4}(?![\p{L}\p{N}_:-]|\.\p{N})/iuy,
    isValid: isDevice,
    words: null,
    alone: null,
  },
  {
    signal: 'pii.mac',
    triggers: [{ kind: 'mixed', min: 4, max: 4 }],
    offsets: [0, -5, -10],
    beside: '.',
    shape: /(?<![\p{L}\p{N}_.-])[0-9A-F]{4}\.[0-9A-F]{4}\.[0-9A-F]{4}(?![\p{L}\p{N}_-]|\.\p{N})/iuy,
    isValid: isDevice,
    words: null,
    alone: null,
  },
]

/** Neither nobody's nor everybody's. */
function isDevice(code: string): boolean {
  return code !== '000000000000' && code !== 'FFFFFFFFFFFF'
}

/** ISO 3779 with the check digit of 49 CFR 565: letters count by a table, the ninth place checks. */
function isVin(code: string): boolean {
  const sum = Array.from(code).reduce((total, character, at) => {
    const value = /\d/.test(character)
      ? Number(character)
      : Number(VIN_VALUES.charAt(character.charCodeAt(0) - 65))
    return total + value * (VIN_WEIGHTS[at] ?? 0)
  }, 0)
  return '0123456789X'.charAt(sum % 11) === code.charAt(8) && !isUniform(code.replace(/\D/g, ''))
}

/** By letter from A; those that are not used count 0. */
const VIN_VALUES = '12345678012345070923456789'
const VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
