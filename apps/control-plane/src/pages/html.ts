/** Markup that is safe to send: only `html` makes it, and everything else that stands in it is escaped. */
export class Markup {
  readonly text: string

  constructor(strings: readonly string[], values: readonly Part[]) {
    this.text = strings.map((string, index) => string + textOf(values[index])).join('')
  }
}

/** What may stand in a template. Text is escaped, markup is not, a list is put together, and nothing is nothing. */
export type Part = string | number | Markup | readonly Markup[] | null | undefined

/** A template of HTML. Put values into text, or into attributes in double quotes, and nowhere else: not into names, styles or scripts. */
export const html = (strings: TemplateStringsArray, ...values: readonly Part[]): Markup =>
  new Markup(strings, values)

function textOf(part: Part): string {
  if (part === null || part === undefined) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return part.map(textOf).join('')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')
