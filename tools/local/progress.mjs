/**
 * Progress in plain words: one indented line each, with how long it took when `begun` (a performance.now()) is given.
 * @returns {(text: string, begun?: number) => void}
 */
export function createSay(out = process.stdout) {
  return (text, begun) => out.write(`  ${text}${begun === undefined ? '' : `  (${secondsSince(begun)})`}\n`)
}

export const secondsSince = (begun) => `${((performance.now() - begun) / 1000).toFixed(1)} s`

/**
 * A frame around lines of label and value.
 * @param {string} title
 * @param {[string, string][]} rows
 */
export function box(title, rows) {
  const labelWidth = Math.max(...rows.map(([label]) => label.length))
  const lines = [title, '', ...rows.map(([label, value]) => `${label.padEnd(labelWidth)}   ${value}`)]
  const width = Math.max(...lines.map((line) => line.length))
  const edge = '─'.repeat(width + 2)
  return [`┌${edge}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${edge}┘`].join('\n')
}
