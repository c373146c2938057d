import { Injectable } from '@nestjs/common'
import { partsOfStream, verifyBatch, verifyHead } from '@writ/audit'
import { TenantId } from '@writ/contracts'
import type { HeadsAnswer, StreamBatch, StreamHead } from '@writ/contracts'
import { PlatformQueries, recordHead } from '@writ/postgres'
import type { NodeRow } from '@writ/postgres'
import { QueueUnavailable } from '@writ/redis'
import { badRequest, ProblemError, unavailable } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { RecordTransport } from './record-transport.ts'

/** Records on their way from the spools of nodes to the ledger. */
@Injectable()
export class StreamsService {
  constructor(
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly transport: RecordTransport,
  ) {}

  /** Queued, not stored: only the watermark says that. */
  async enqueue(node: NodeRow, batch: StreamBatch): Promise<void> {
    if (batch.node !== node.id) throw badRequest('the batch is of another node')
    const fault = verifyBatch(batch, node.publicKey)
    if (fault) throw badRequest(fault.message)
    try {
      await this.transport.add(batch)
    } catch (error) {
      if (error instanceof QueueUnavailable) throw unavailable('the queue of records does not answer')
      throw error
    }
  }

  async keepHeads(node: NodeRow, heads: readonly StreamHead[]): Promise<HeadsAnswer> {
    for (const head of heads) {
      if (partsOfStream(head.stream).node !== node.id) throw badRequest('a stream is of another node')
      const fault = verifyHead(head, node.publicKey)
      if (fault) throw badRequest(fault.message)
    }
    for (const head of heads) await this.#keepHead(node, head)
    const watermarks = await this.platform.watermarksOf(
      node.id,
      heads.map(({ stream }) => stream),
    )
    return { watermarks: watermarks.map(({ stream, nextSeq }) => ({ stream, nextSeq })) }
  }

  // A head of a tenant that is not there any more must not hold up the others.
  async #keepHead(node: NodeRow, head: StreamHead): Promise<void> {
    const tenant = TenantId.parse(partsOfStream(head.stream).tenant)
    try {
      await this.tenancy.runById(tenant, (db) => recordHead(db.manager, node.id, head))
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.status === 404)) throw error
    }
  }
}
