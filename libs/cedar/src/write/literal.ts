/** A text as Cedar writes it down (docs.cedarpolicy.com/policies/syntax-grammar.html#grammar-str). */
export const cedarText = (text: string): string => `"${escaped(text)}"`

/** A pattern for `like` that stands for exactly this text. */
export const cedarPattern = (text: string): string => escaped(text).replaceAll('*', '\\*')

const escaped = (text: string): string =>
  text.replaceAll(/["\\\p{Cc}\p{Cf}\u2028\u2029]/gu, (one) =>
    one === '"' || one === '\\' ? `\\${one}` : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  )

export const cedarScalar = (value: string | number | boolean): string =>
  typeof value === 'string' ? cedarText(value) : `${value}`
