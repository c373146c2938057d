import { MAX_BUNDLE_BYTES } from '@writ/bundle'
import { ProblemError } from '../http/problem.ts'

export const tooLarge = (): ProblemError =>
  new ProblemError({
    title: 'Conflict',
    status: 409,
    detail: 'this would make the policy bundle larger than 1 MiB',
    limit: 'bundleBytes',
    value: MAX_BUNDLE_BYTES,
  })
