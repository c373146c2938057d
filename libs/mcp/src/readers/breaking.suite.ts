/**
 * A message that is right, and then broken in a way that parsers are known to differ on: twice-said names, other case, NULs, bad UTF-8,
 * byte order marks, half pairs, batches, numbers at the edge, comments, other encodings, and bytes of chance.
 * @param seed the same seed, the same bytes
 */
export function broken(seed: number): Uint8Array {
  const dice = diceOf(seed)
  let text = dice.one(WHOLE)(dice)
  for (let left = dice.below(4); left > 0; left -= 1) text = dice.one(BREAKS)(text, dice)
  let bytes: Uint8Array = Buffer.from(text)
  for (let left = Math.max(0, dice.below(5) - 3); left > 0; left -= 1)
    bytes = dice.one(BREAKS_OF_BYTES)(bytes, dice)
  return bytes
}

/** Chance that can be repeated: mulberry32. */
export type Dice = {
  readonly below: (most: number) => number
  readonly one: <Of>(things: readonly Of[]) => Of
}

export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (most: number) => next() % most
  return {
    below,
    one: (things) => {
      const thing = things[below(things.length)]
      if (thing === undefined) throw new Error('there is nothing to choose from')
      return thing
    },
  }
}

const NAMES = [
  'name',
  'arguments',
  'path',
  'key',
  'isOpen',
  'M',
  'm',
  '',
  'ünïcode',
  '\u{1F600}',
  '_meta',
  'uri',
  'a b',
]
const TEXTS = [
  '',
  'safe',
  'danger',
  'a"b\\c',
  '\u{1F600}',
  'line\nend',
  '{"a":1}',
  '</s>',
  'ſ',
  '\u2028',
  'x'.repeat(300),
]
const NUMBERS = [
  '0',
  '-0',
  '1',
  '1.5',
  '1e3',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1',
  '1E-7',
  '-1.0',
  '1e308',
]

function value(dice: Dice, depth = 0): string {
  const kind = dice.below(depth > 4 ? 4 : 7)
  if (kind < 2) return JSON.stringify(dice.one(TEXTS))
  if (kind === 2) return dice.one(NUMBERS)
  if (kind === 3) return dice.one(['true', 'false', 'null'])
  const many = Array.from({ length: dice.below(4) }, (_, at) => at)
  if (kind === 4) return `[${many.map(() => value(dice, depth + 1)).join()}]`
  const first = dice.below(NAMES.length)
  return `{${many.map((at) => `${JSON.stringify(NAMES[(first + at * 2) % NAMES.length])}:${value(dice, depth + 1)}`).join()}}`
}

const WHOLE: readonly ((dice: Dice) => string)[] = [
  (dice) =>
    `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{"path":${value(dice)},"rest":${value(dice)}}}}`,
  (dice) =>
    `{"jsonrpc":"2.0","id":"a","method":"resources/read","params":{"uri":"file:///a","_meta":{"progressToken":${dice.one(['1', '"a"'])},"more":${value(dice)}}}}`,
  (dice) =>
    `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${value(dice)}}}`,
  (dice) =>
    `{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":${value(dice)}}],"structuredContent":${value(dice)}}}`,
  (dice) => `{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"no","data":${value(dice)}}}`,
  (dice) =>
    `{"jsonrpc":"2.0","id":7,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a"},"argument":${value(dice)}}}`,
]

type Break = (text: string, dice: Dice) => string

/** Puts something before, after or instead of one place that the pattern finds. */
const at =
  (pattern: RegExp, change: (found: string, dice: Dice) => string): Break =>
  (text, dice) => {
    const places = [...text.matchAll(pattern)]
    if (places.length === 0) return text
    const { index, 0: found } = dice.one(places)
    return text.slice(0, index) + change(found, dice) + text.slice(index + found.length)
  }

const NAME = /"(?:[^"\\\n]|\\.)*"(?=:)/g
const PUNCTUATION = /[{}[\]:,]/g
const DIGITS = /(?<=[:,[])-?\d[\d.eE+-]*/g
const TEXT = /"(?:[^"\\]|\\.)*"/g

const otherCase = (name: string): string =>
  name.replace(/[a-z]/i, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
const within = (name: string, what: string): string => `${name.slice(0, -1)}${what}"`
const escapedFirst = (name: string): string =>
  name.replace(/[a-z]/, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)

const BREAKS: readonly Break[] = [
  at(NAME, (name, dice) => `${name}:${value(dice)},${name}`),
  at(NAME, (name, dice) => `${escapedFirst(name)}:${value(dice)},${name}`),
  at(NAME, (name, dice) => `${otherCase(name)}:${value(dice)},${name}`),
  at(NAME, (name) => otherCase(name)),
  at(
    NAME,
    (name, dice) => `${within(name, dice.one(['\\u0000', '\u200b', ' ', '\u00ad', '\\u0000x']))}:1,${name}`,
  ),
  at(NAME, (name) => name.replace('k', '\u212a').replace('s', 'ſ')),
  at(NAME, (name) => escapedFirst(name)),
  at(NAME, (name) => name.slice(1, -1)),
  at(NAME, () => '"__proto__"'),
  at(NAME, (name) => `'${name.slice(1, -1)}'`),
  at(TEXT, (text, dice) =>
    within(
      text,
      dice.one(['\\ud800', '\\udc00', '\\ud83d\\ude00', '\\u0000', '\\/', '\\x', '\u0001', '\t', '\\']),
    ),
  ),
  at(DIGITS, (_, dice) =>
    dice.one([
      '1e400',
      '-1e400',
      '1e-400',
      '01',
      '+1',
      '1.',
      '.5',
      '0x10',
      'NaN',
      'Infinity',
      '-',
      '1e',
      '9'.repeat(400),
      '9'.repeat(5_000),
      `0.${'0'.repeat(400)}1`,
    ]),
  ),
  at(
    PUNCTUATION,
    (mark, dice) =>
      `${mark}${dice.one([' ', '\t', '\n', '\r', '\f', '\v', '\u00a0', '\u2028', '\ufeff', '/**/', '//\n', '#', ',', '\0'])}`,
  ),
  at(PUNCTUATION, (_, dice) => dice.one(['{', '}', '[', ']', ':', ',', ';', '=', ''])),
  (text) => `[${text}]`,
  (text) => `[${text},${text}]`,
  (text) => `${text}${text}`,
  (text, dice) => `${text}${dice.one(['\n', ' ', '{}', '\0', '//', ',', '\u00a0'])}`,
  (text, dice) => `${dice.one(['\ufeff', ' ', '\n', '\0', ")]}'\n"])}${text}`,
  (text) => text.replace(/\}$/, ',"method":"tools/call","params":{"name":"danger"}}'),
  (text) => text.replace('"jsonrpc":"2.0"', '"jsonrpc":2.0'),
  (text, dice) =>
    text.replace(
      /"id":[^,]*/,
      `"id":${dice.one(['null', '1.5', 'true', '9007199254740993', '{}', '"\\u0000"', '-0'])}`,
    ),
  (text, dice) => text.replace(/"path":/, `"path":${'['.repeat(dice.below(80))}`),
  (text, dice) => text.slice(0, dice.below(text.length + 1)),
]

const BREAKS_OF_BYTES: readonly ((bytes: Uint8Array, dice: Dice) => Uint8Array)[] = [
  (bytes, dice) => spliced(bytes, dice, [dice.below(256)], 1),
  (bytes, dice) => spliced(bytes, dice, [dice.below(256)], 0),
  (bytes, dice) =>
    spliced(
      bytes,
      dice,
      dice.one([[0xff], [0xc0, 0xa2], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]),
      0,
    ),
  (bytes, dice) => spliced(bytes, dice, [], 1),
  (bytes) => Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf16le'),
  (bytes) => Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf16le').swap16(),
  (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
]

function spliced(bytes: Uint8Array, dice: Dice, put: readonly number[], instead: number): Uint8Array {
  const where = dice.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, where), Buffer.from(put), bytes.subarray(where + instead)])
}
