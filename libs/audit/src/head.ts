import type { KeyObject } from 'node:crypto'
import type { Fault, StreamHead } from '@writ/contracts'
import { headStatement, STREAM_START } from '@writ/contracts'
import { faultAt } from './fault.ts'
import { signStatement, statementHolds } from './node-key.ts'

/** Signs how far a stream has come; `nextSeq` 0 goes with `STREAM_START`. */
export const signHead = (head: Omit<StreamHead, 'signature'>, privateKey: KeyObject): StreamHead => ({
  ...head,
  signature: signStatement(headStatement(head), privateKey),
})

/** Null when the head holds. @param publicKey raw Ed25519 key of the stream's node, base64url */
export function verifyHead(head: StreamHead, publicKey: string): Fault | null {
  const place = { stream: head.stream, seq: head.nextSeq }
  if (!statementHolds(headStatement(head), head.signature, publicKey))
    return faultAt(place, 'signature', 'the stream head is not signed by its node')
  if ((head.nextSeq === 0) !== (head.headHash === STREAM_START))
    return faultAt(place, 'chain', 'only an empty stream has the start as its head')
  return null
}
