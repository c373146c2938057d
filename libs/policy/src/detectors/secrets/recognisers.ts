import type { Recogniser } from '../recogniser.ts'
import { AUTHORIZATIONS } from './authorization.ts'
import { AWS_KEYS } from './aws.ts'
import { AZURE_SIGNATURES } from './azure-signature.ts'
import { recogniserOf } from './format.ts'
import { BUSINESS } from './formats/business.ts'
import { CLOUD } from './formats/cloud.ts'
import { CODE } from './formats/code.ts'
import { KEYED } from './formats/keyed.ts'
import { MACHINE } from './formats/machine.ts'
import { GENERIC_SECRETS } from './generic.ts'
import { keyedRecogniser } from './keyed.ts'
import { LOCATIONS } from './location.ts'
import { PRIVATE_KEYS } from './private-key.ts'
import { WEB_TOKENS } from './web-token.ts'

/** All that finds secrets in a text. A new vendor is a line in one of the tables of `formats`. */
export const SECRET_RECOGNISERS: readonly Recogniser[] = [
  ...[...CLOUD, ...CODE, ...BUSINESS, ...MACHINE].map(recogniserOf),
  ...KEYED.map(keyedRecogniser),
  AWS_KEYS,
  AZURE_SIGNATURES,
  PRIVATE_KEYS,
  WEB_TOKENS,
  ...LOCATIONS,
  ...AUTHORIZATIONS,
  GENERIC_SECRETS,
]
