import type { Readable, Writable } from 'node:stream'
import { Failure } from './failure.ts'

/** Asks a person at a terminal for a line that is not shown. */
export type AskSecret = (question: string) => Promise<string>

type Keyboard = Readable & { readonly isTTY: true; readonly setRawMode: (raw: boolean) => unknown }

const isKeyboard = (input: Readable): input is Keyboard =>
  'isTTY' in input && input.isTTY === true && 'setRawMode' in input && typeof input.setRawMode === 'function'

/** @returns null where nobody sits at it */
export function askSecretAt(input: Readable, output: Writable): AskSecret | null {
  if (!isKeyboard(input)) return null
  return async (question) => {
    output.write(question)
    input.setRawMode(true)
    try {
      return await typedLine(input)
    } finally {
      input.setRawMode(false)
      input.pause()
      output.write('\n')
    }
  }
}

const ENTER = new Set(['\r', '\n'])
const ERASE = new Set(['\u007f', '\b'])
/** Ctrl-C and Ctrl-D, which a raw terminal hands over as they are. */
const LEAVE = new Set(['\u0003', '\u0004'])

function typedLine(input: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const typed: string[] = []
    const leave = (error?: Error): void => {
      input.off('data', hear)
      input.off('end', end)
      if (error) reject(error)
      else resolve(typed.join(''))
    }
    const end = (): void => leave(gaveUp())
    const hear = (chunk: Buffer | string): void => {
      for (const key of chunk.toString()) {
        if (LEAVE.has(key)) return leave(gaveUp())
        if (ENTER.has(key)) return leave()
        if (ERASE.has(key)) typed.pop()
        else typed.push(key)
      }
    }
    input.on('data', hear)
    input.once('end', end)
    input.resume()
  })
}

const gaveUp = (): Failure => new Failure('no passphrase was given', 'Run the command again.')
