import { describe, expect, it } from '@jest/globals'
import { AuthorityError, ServerDistrusted } from '@writ/identity'
import { refusalOf } from './upstream.ts'

describe('what could not be sent', () => {
  it.each([
    ['an authority said no', new AuthorityError(401, 'invalid_client', 'unknown'), 'credentials_missing'],
    ['a server is not to be believed', new ServerDistrusted('it names another'), 'credentials_missing'],
    ['anything else', new Error('secret inside'), 'internal'],
  ])('is a refusal in words for the agent where %s', (_why, error, code) => {
    const { code: given, detail } = refusalOf(error)
    expect(given).toBe(code)
    expect(detail).not.toContain('secret inside')
  })

  it('says what is wrong with a server', () => {
    expect(refusalOf(new ServerDistrusted('it names another')).detail).toBe(
      'no access token: it names another',
    )
  })
})
