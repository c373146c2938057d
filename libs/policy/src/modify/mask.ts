/** Stars for letters and digits but the last four; punctuation stays. Too short a text gives nothing away. */
export function mask(text: string): string {
  const count = text.match(CHARACTERS)?.length ?? 0
  let left = count < MASKED_WHOLE_BELOW ? count : count - 4
  return text.replace(CHARACTERS, (character) => {
    left -= 1
    return left >= 0 ? '*' : character
  })
}

const CHARACTERS = /[\p{L}\p{N}]/gu
const MASKED_WHOLE_BELOW = 8
