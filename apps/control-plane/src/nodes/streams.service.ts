import { Injectable } from '@nestjs/common'
import { isFault, openBatch, partsOfStream, verifyHead } from '@writ/audit'
import { TenantId } from '@writ/contracts'
import type { AuditRecord, HeadsAnswer, HeadsRequest, StreamBatch, StreamHead } from '@writ/contracts'
import { PlatformQueries, recordHead } from '@writ/postgres'
import type { NodeRow } from '@writ/postgres'
import { QueueUnavailable } from '@writ/redis'
import { Faults } from '../faults.ts'
import { badRequest, ProblemError, unavailable } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { RecordTransport } from './record-transport.ts'

/** Records on their way from the spools of nodes to the ledger. */
@Injectable()
export class StreamsService {
  /** what was said of streams already */
  readonly #said = new Set<string>()

  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly transport: RecordTransport,
    private readonly faults: Faults,
  ) {}

  /** Queued, not stored: only the watermark says that. @param mayWrite what this node may say; of a gateway that is everything */
  async enqueue(
    node: NodeRow,
    batch: StreamBatch,
    mayWrite: (record: AuditRecord) => boolean = () => true,
  ): Promise<void> {
    if (batch.node !== node.id) throw badRequest('the batch is of another node')
    const records = openBatch(batch, node.publicKey)
    if (isFault(records)) throw badRequest(records.message)
    if (!records.every(mayWrite)) throw badRequest('a record says what this node has no say in')
    try {
      await this.transport.add(batch)
    } catch (error) {
      if (error instanceof QueueUnavailable) throw unavailable('the queue of records does not answer')
      throw error
    }
  }

  /** @param streams others of the node, whose watermarks are asked for too, and how far they are archived */
  async keepHeads(node: NodeRow, { heads, streams = [] }: HeadsRequest): Promise<HeadsAnswer> {
    for (const head of heads) {
      if (partsOfStream(head.stream).node !== node.id) throw badRequest('a stream is of another node')
      const fault = verifyHead(head, node.publicKey)
      if (fault) throw badRequest(fault.message)
    }
    // Postgres has no year 0, and no gateway was there before.
    if (heads.some(({ at }) => at < EARLIEST)) throw badRequest('a head is older than any gateway')
    for (const head of heads) await this.#keepHead(node, head)
    const archives = streams.length > 0 ? await this.platform.archivesOf(node.id, streams) : []
    return { watermarks: [...(await this.#watermarksOf(node, heads)), ...archives] }
  }

  async #watermarksOf(node: NodeRow, heads: readonly StreamHead[]): Promise<HeadsAnswer['watermarks']> {
    const streams = heads.map(({ stream }) => stream)
    const watermarks = await this.platform.watermarksOf(node.id, streams)
    return watermarks.map(({ stream, nextSeq }) => ({ stream, nextSeq }))
  }

  // What is wrong with one head, or with its tenant, must not hold up the others.
  async #keepHead(node: NodeRow, head: StreamHead): Promise<void> {
    const tenant = TenantId.parse(partsOfStream(head.stream).tenant)
    try {
      const outcome = await this.tenancy.runById(tenant, (db) => recordHead(db.manager, node.id, head))
      if (outcome === 'forked') this.#say(`the node of the stream ${head.stream} signed two histories of it`)
      if (outcome === 'ahead')
        this.#say(`a head of the stream ${head.stream} is too far ahead of the records that have arrived`)
      if (outcome === 'crowded')
        this.#say(
          `heads of new streams of the node ${node.id} for the tenant ${tenant} are left out: too many others of it are without a record`,
        )
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.status === 404)) throw error
    }
  }

  /** Heads come every second: once is enough. */
  #say(what: string): void {
    if (this.#said.has(what)) return
    if (this.#said.size >= MOST_SAID) this.#said.clear()
    this.#said.add(what)
    this.faults.report(what, null)
  }
}

const EARLIEST = '2020'
const MOST_SAID = 1000
