import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import { readAt } from './reading.ts'

/** Signatures of Azure's shared access URLs (Storage `sv=`, Service Bus `sr=` and `se=`): who has the URL has the access. */
export const AZURE_SIGNATURES: Recogniser = {
  signals: ['secret.azure-storage'],
  triggers: literals('sig='),
  recognise: (text, start, end) => {
    const found = readAt(SIGNATURE, text, end)
    if (found === null || !PARAMETERS.test(text.slice(Math.max(0, start - NEAR), end + NEAR))) return []
    return [{ signal: 'secret.azure-storage', start: end, end: end + found.length }]
  },
}

const NEAR = 300
const SIGNATURE = /(?:[A-Za-z0-9+/]|%2[bf]){43}(?:=|%3d)/iy
const PARAMETERS = /[?&](?:amp;)?(?:sv=20\d\d-|se=\d|sr=)|SharedAccessSignature/
