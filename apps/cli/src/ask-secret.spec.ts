import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { askSecretAt } from './ask-secret.ts'
import { collector } from './given-terminal.suite.ts'

/** A terminal on which somebody types. */
function givenKeyboard() {
  const modes: boolean[] = []
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
  })
  return { input, modes }
}

async function typed(keys: string): Promise<{ answer: string; shown: string; modes: boolean[] }> {
  const { input, modes } = givenKeyboard()
  const screen = collector()
  const ask = askSecretAt(input, screen.pipe)
  const asked = ask?.('Passphrase: ')
  for (const key of keys) input.write(key)
  const answer = (await asked?.catch((error: unknown) => String(error))) ?? 'nobody was asked'
  return { answer, shown: screen.text(), modes }
}

describe('a secret that is asked for', () => {
  it('is what was typed, and is not shown', async () => {
    expect(await typed('four words\r')).toEqual({
      answer: 'four words',
      shown: 'Passphrase: \n',
      modes: [true, false],
    })
  })

  it('can be corrected while it is typed', async () => {
    expect((await typed('abX\u007fc\n')).answer).toBe('abc')
  })

  it.each(['\u0003', '\u0004'])('is given up with %j, and the terminal is as before', async (key) => {
    expect(await typed(`ab${key}`)).toMatchObject({
      answer: 'Error: no passphrase was given',
      modes: [true, false],
    })
  })

  it('is asked for only where somebody can type it', () => {
    expect(askSecretAt(new PassThrough(), collector().pipe)).toBeNull()
  })
})
