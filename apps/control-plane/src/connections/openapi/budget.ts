/** Why a document cannot be a connection, in one line for its author. */
export class UnusableDocument extends Error {
  override readonly name = 'UnusableDocument'
}

/**
 * What reading one document may take. A reference is a few characters, and what it leads to is written out again in every tool: without a
 * bound, half a megabyte of references would be gigabytes of schemas.
 */
export class Budget {
  #operations = 0
  #schemas = 0
  #sizeBytes = 0

  /** An operation that is looked at, whether or not it can be a tool. */
  operation(): void {
    this.#operations += 1
    if (this.#operations > MOST_OPERATIONS)
      throw new UnusableDocument(`the document has more than ${MOST_OPERATIONS} operations`)
  }

  /** A schema that is written out. */
  schema(): void {
    this.#schemas += 1
    if (this.#schemas > MOST_SCHEMAS)
      throw new UnusableDocument(`its operations have more than ${MOST_SCHEMAS} schemas`)
  }

  /** What gateways get. */
  tool(text: string): void {
    this.#sizeBytes += Buffer.byteLength(text)
    if (this.#sizeBytes > MOST_BYTES)
      throw new UnusableDocument(`the operations and their schemas are more than ${MOST_BYTES} bytes`)
  }
}

const MOST_OPERATIONS = 2_000
const MOST_SCHEMAS = 200_000
const MOST_BYTES = 512 * 1024
