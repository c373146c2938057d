import { isDeepStrictEqual } from 'node:util'
import { isRefusal } from '@writ/contracts'
import { contentOf, withContent } from '../content.ts'
import { literalTree } from '../literal-tree.ts'
import type { Message } from '../message.ts'
import { argumentsOf, namedBy } from '../named.ts'
import { readMessage } from '../read-message.ts'
import { rowOf } from '../methods.ts'
import { canonical, readsOtherwise } from '../readers/agreement.suite.ts'
import { broken, diceOf } from '../readers/breaking.suite.ts'

const LIMITS = { maxBytes: 65_536, maxDepth: 64 }

export type Tried = { readonly isRead: boolean; readonly fault: string | null }

/** A body of this seed: mostly a message that was broken on purpose, sometimes nothing but chance. */
export function bodyOf(seed: number): Uint8Array {
  const dice = diceOf(seed ^ 0x5bd1e995)
  if (dice.below(8) > 0) return broken(seed)
  const alphabet = dice.below(2) === 0 ? LETTERS : null
  return Uint8Array.from({ length: dice.below(200) }, () => (alphabet ? dice.one(alphabet) : dice.below(256)))
}

const LETTERS = [...Buffer.from('{}[]",:\\u0019e-.+truefalsn \n"jsonrpc"')]

/** What must hold of the reader, whatever the bytes. @throws where the reader does */
export function tryReader(body: Uint8Array): Tried {
  const message = readMessage(body, LIMITS)
  if (isRefusal(message)) return { isRead: false, fault: null }
  const tree: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
  if (!isDeepStrictEqual(tree, message.tree)) return found('JSON.parse reads another tree')
  if (!isDeepStrictEqual(readMessage(body, LIMITS), message))
    return found('it reads otherwise the second time')
  const other = readsOtherwise(body, message)
  if (other !== null) return found(other)
  if (!isNamed(message)) return found('it names nothing, and was read')
  literalTree(body)
  return triedAgain(message)
}

function isNamed(message: Message): boolean {
  const row = rowOf(message)
  if (row) argumentsOf(message, row)
  return !row?.named || namedBy(message, row) !== null
}

/** Written again, as after a rule, it says the same. */
function triedAgain(message: Message): Tried {
  const written = withContent(message, contentOf(message))
  if (isRefusal(written)) return message.inexact ? READ : found('it cannot be written again')
  const again = readMessage(written, { ...LIMITS, maxBytes: 1_000_000 })
  if (isRefusal(again)) return found(`written again it is refused: ${again.detail}`)
  return canonical(again.tree) === canonical(message.tree)
    ? READ
    : found('written again it says something else')
}

const READ: Tried = { isRead: true, fault: null }
const found = (fault: string): Tried => ({ isRead: true, fault })
