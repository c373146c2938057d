/** An answer of SCIM that is no success (RFC 7644 §3.12). `scimType` says more about a 400 or 409. */
export class ScimError extends Error {
  override readonly name = 'ScimError'
  readonly status: number
  readonly scimType: string | null

  constructor(status: number, scimType: string | null, detail: string) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}

export const notThere = () => new ScimError(404, null, 'there is nothing here')
export const invalidValue = (detail: string) => new ScimError(400, 'invalidValue', detail)
export const taken = (detail: string) => new ScimError(409, 'uniqueness', detail)
