// CPU time of one ES256 verification, which no proof of possession can do without: key imported once, text and signature of a DPoP proof.
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const dsaEncoding = 'ieee-p1363'
const proofs = Array.from({ length: 200 }, () => {
  const text = Buffer.from(randomBytes(420).toString('base64url'))
  return { text, signature: sign('sha256', text, { key: privateKey, dsaEncoding }) }
})
const key = { key: publicKey, dsaEncoding }

process.on('message', ({ count }) => {
  const before = process.cpuUsage()
  for (let made = 0; made < count; made += 1) {
    const { text, signature } = proofs[made % proofs.length]
    if (!verify('sha256', text, key, signature)) throw new Error('a good signature was refused')
  }
  const { user, system } = process.cpuUsage(before)
  process.send({ micros: (user + system) / count })
})
process.on('disconnect', () => process.exit(0))
