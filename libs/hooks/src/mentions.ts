/**
 * Files that a prompt names with `@`: clients put them into the conversation, and no tool is called for that. A name that cannot be told
 * from its punctuation is given both ways; what is no file is none to whoever looks.
 * @returns paths as they were written, at most `MOST_MENTIONS`; `isCut`: there were more
 */
export function mentionsIn(prompt: string): { readonly paths: readonly string[]; readonly isCut: boolean } {
  const paths = new Set<string>()
  for (const { groups } of prompt.matchAll(MENTION)) {
    const { quoted, plain } = groups ?? {}
    for (const path of quoted === undefined ? spellingsOf(plain ?? '') : [quoted]) paths.add(path)
    if (paths.size > MOST_MENTIONS) return { paths: [...paths].slice(0, MOST_MENTIONS), isCut: true }
  }
  return { paths: [...paths], isCut: false }
}

export const MOST_MENTIONS = 64

/** Not inside a word: that is an address. */
const MENTION = /(?<![\w.+-])@(?:"(?<quoted>[^"\n]{1,4096})"|(?<plain>(?:\\.|[^\s"\\]){1,4096}))/g

/** `@src/main.ts#L3-9` is a part of a file, and `@notes.md).` ends a sentence. */
function spellingsOf(written: string): readonly string[] {
  const plain = written.replaceAll(/\\(.)/g, '$1')
  const whole = plain.replace(/#L?\d+(?:-L?\d+)?$/, '')
  const bare = whole.replace(/[)\]}'`’”».,;:!?]+$/, '')
  return [...new Set([whole, bare])].filter((path) => path !== '')
}
