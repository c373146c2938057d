/** A command as it is read, and what was wrong with it. */
export type Normalised = { readonly text: string; readonly faults: readonly string[] }

export const MAX_COMMAND = 8192
const MAX_NESTING = 64

/**
 * Characters that a reader sees otherwise than a shell does become a space (a carriage return a new line), and are a fault each: NUL and
 * other controls, zero-width and direction marks, odd spaces, private use, lone surrogates.
 */
export function normalise(command: string): Normalised {
  const head = command.length > MAX_COMMAND ? endsOf(command) : command
  const text = head
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replaceAll(CONTROLS, '')
    .replaceAll(ODD_SPACES, ' ')
    .replaceAll(PRIVATE, '?')
    .replaceAll(LONE_SURROGATE, '?')
  const faults = [
    ...(command.length > MAX_COMMAND ? [`longer than ${MAX_COMMAND} characters`] : []),
    ...(HIDDEN.test(head) ? ['holds characters that do not show'] : []),
    ...(isNestedTooDeeply(text) ? ['nested too deeply'] : []),
    ...(LOOKALIKE.test(text) ? ['a command is written with letters that look like others'] : []),
  ]
  return { text, faults }
}

export const isNestedTooDeeply = (text: string): boolean => {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '(' || character === '{') depth += 1
    else if (character === ')' || character === '}') depth = Math.max(0, depth - 1)
    deepest = Math.max(deepest, depth)
  }
  return (
    deepest > MAX_NESTING || text.split('`').length > MAX_NESTING || text.split('((').length > MAX_NESTING
  )
}

/** Of what is too long, both ends are read: padding may stand on either side. */
const endsOf = (command: string): string =>
  `${command.slice(0, MAX_COMMAND / 2)}\n${command.slice(-MAX_COMMAND / 2)}`

const CONTROLS =
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g
const ODD_SPACES = /[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g
const PRIVATE = /[\ue000-\uf8ff]/g
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const HIDDEN = new RegExp(
  [CONTROLS, ODD_SPACES, PRIVATE, LONE_SURROGATE, /\r(?!\n)/].map(({ source }) => source).join('|'),
)

/** A word of the beginning of a command that mixes or borrows letters of other alphabets which look Latin. */
const LOOKALIKE =
  /(?:^|[;&|\n({]\s*)[\w./-]*[\u0370-\u03ff\u0400-\u04ff\uff01-\uff5e][\w./\u0370-\u04ff-]*(?=\s|$)/
