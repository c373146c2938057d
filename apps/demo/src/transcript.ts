/** The guide's voice: chapters, sentences, and checks that count. */
export type Transcript = {
  readonly chapter: (title: string) => void
  readonly say: (line: string) => void
  /** states a fact that was measured; a false one fails the whole guide */
  readonly check: (fact: string, holds: boolean) => void
  readonly failures: () => readonly string[]
  readonly checks: () => number
}

const TICK = '\u2713'
const CROSS = '\u2717'

export function createTranscript(write: (line: string) => void, colours: boolean): Transcript {
  const paint = (code: number, text: string) => (colours ? `\u001B[${code}m${text}\u001B[0m` : text)
  const failed: string[] = []
  let chapters = 0
  let checks = 0
  return {
    chapter: (title) => write(`\n${paint(1, `${(chapters += 1)}. ${title}`)}`),
    say: (line) => write(`   ${line}`),
    check: (fact, holds) => {
      checks += 1
      if (!holds) failed.push(fact)
      write(`   ${holds ? paint(32, TICK) : paint(31, CROSS)} ${fact}`)
    },
    failures: () => failed,
    checks: () => checks,
  }
}
