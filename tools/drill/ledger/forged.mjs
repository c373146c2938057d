// Batches as somebody makes them who can write to the queue and has read everything in it: made from genuine ones, without a node's key.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * @param {{ batch: any, mine: string, theirs: string }} given a genuine batch of the tenant `mine`, to be smuggled to `theirs`
 * @returns {[title: string, batch: any][]}
 */
export function forgeries({ batch, mine, theirs }) {
  const relabelled = (text) => text.replaceAll(mine, theirs)
  const [node, boot] = batch.stream.split(':')
  const foreign = `${node}:${boot}:${theirs}`
  const next = batch.fromSeq + batch.records.length
  return [
    ['another tenant on the label', { ...batch, tenant: theirs }],
    ['another tenant on label and stream', { ...batch, tenant: theirs, stream: foreign }],
    [
      'another tenant everywhere, signature kept',
      { ...batch, tenant: theirs, stream: foreign, ...recordsOf(batch.records.map(relabelled)) },
    ],
    [
      'another tenant everywhere, signed with a key of one’s own',
      signed({ ...batch, tenant: theirs, stream: foreign, ...recordsOf(batch.records.map(relabelled)) }),
    ],
    [
      'a stream that goes on, signed with a key of one’s own',
      signed({
        ...batch,
        fromSeq: next,
        ...recordsOf(batch.records.map((text) => renumbered(text, batch.records.length))),
      }),
    ],
    [
      'a node that never joined',
      signed({ ...batch, node: unknownNode(), stream: foreign.replace(node, unknownNode()), tenant: theirs }),
    ],
    ['a genuine signature over altered records', { ...batch, ...recordsOf(batch.records.map(slowed)) }],
    [
      'a record of each of two tenants',
      { ...batch, records: [...batch.records.slice(0, -1), relabelled(batch.records.at(-1))] },
    ],
  ]
}

const renumbered = (text, by) => text.replace(/"seq":(\d+)/, (_, seq) => `"seq":${Number(seq) + by}`)
const slowed = (text) =>
  text.replace(/"durationMicros":(\d+)/, (_, micros) => `"durationMicros":${Number(micros) + 1}`)
const recordsOf = (records) => ({
  records,
  headHash: createHash('sha256').update(records.at(-1)).digest('hex'),
})

let unknown = null
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const unknownNode = () =>
  (unknown ??= `nod_${[...randomBytes(26)]
    .map((byte) => ALPHABET[byte % 32])
    .join('')
    .replace(/^./, '0')}`)

function signed(batch) {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { stream, fromSeq, records, headHash } = batch
  const statement = `writ.batch.v1\n${stream}\n${fromSeq}\n${records.length}\n${headHash}\n`
  return { ...batch, signature: sign(null, Buffer.from(statement), privateKey).toString('base64url') }
}
