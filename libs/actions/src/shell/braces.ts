/** All texts of a word with braces, as bash makes them: `{a,b}`, `{1..3}`, nested; at most `MAX_WORDS`. Quoted braces are left alone. */
export function expandBraces(text: string): readonly string[] {
  const done: string[] = []
  const open = [text]
  while (open.length > 0 && done.length + open.length < MAX_WORDS) {
    const next = open.shift() ?? ''
    const brace = firstBrace(next)
    if (brace === null) done.push(next)
    else open.unshift(...brace)
  }
  return [...done, ...open]
}
const MAX_WORDS = 64

/** The texts that the first brace which expands stands for, or null when none does. */
function firstBrace(text: string): readonly string[] | null {
  for (let at = nextPlain(text, 0); at < text.length; at = nextPlain(text, at + 1)) {
    if (text[at] !== '{' || text[at - 1] === '$') continue
    const parts = partsFrom(text, at)
    if (parts !== null)
      return parts.choices.map((one) => `${text.slice(0, at)}${one}${text.slice(parts.end)}`)
  }
  return null
}

function partsFrom(text: string, start: number): { choices: readonly string[]; end: number } | null {
  const cuts = [start]
  let depth = 0
  for (let at = start; at < text.length; at = nextPlain(text, at + 1)) {
    if (text[at] === '{') depth += 1
    else if (text[at] === '}') depth -= 1
    else if (text[at] === ',' && depth === 1) cuts.push(at)
    if (depth > 0) continue
    const ends = [...cuts.slice(1), at]
    const choices = ends.map((end, n) => text.slice((cuts[n] ?? start) + 1, end))
    const all = choices.length > 1 ? choices : sequenceOf(choices[0] ?? '')
    return all === null ? null : { choices: all, end: at + 1 }
  }
  return null
}

function sequenceOf(text: string): readonly string[] | null {
  const numbers = /^(-?\d{1,6})\.\.(-?\d{1,6})$/.exec(text)
  if (numbers !== null) return range(Number(numbers[1]), Number(numbers[2])).map(String)
  const letters = /^([A-Za-z])\.\.([A-Za-z])$/.exec(text)
  if (letters === null) return null
  const [from, to] = [letters[1] ?? '', letters[2] ?? ''].map((one) => one.charCodeAt(0))
  return range(from ?? 0, to ?? 0).map((code) => String.fromCharCode(code))
}

const range = (from: number, to: number): readonly number[] =>
  Array.from(
    { length: Math.min(Math.abs(to - from) + 1, MAX_WORDS) },
    (_, at) => from + (to < from ? -at : at),
  )

/** The next character that no quote, backslash or `${…}` protects. */
function nextPlain(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const protectedUntil = afterProtected(text, at)
    if (protectedUntil === at) return at
    at = protectedUntil
  }
  return at
}

function afterProtected(text: string, at: number): number {
  const one = text[at]
  if (one === '\\') return at + 2
  if (one === "'") return afterNext(text, "'", at + 1)
  if (one === '"') return afterNext(text, '"', at + 1)
  return one === '$' && text[at + 1] === '{' ? afterNext(text, '}', at + 2) : at
}

function afterNext(text: string, closing: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\' && closing === '"') at += 1
    else if (text[at] === closing) return at + 1
  }
  return text.length
}
