import { Body, Controller, HttpCode, Post, SerializeOptions } from '@nestjs/common'
import { makerFault, partsOfStream } from '@writ/audit'
import { HeadsAnswer, HeadsRequest, StreamBatch } from '@writ/contracts'
import type { AuditRecord } from '@writ/contracts'
import type { DeviceRow } from '@writ/postgres'
import { notFound } from '../http/problem.ts'
import { StreamsService } from '../nodes/streams.service.ts'
import { Access } from '../tenancy/access.ts'
import { OfDevice } from '../tenancy/decorators.ts'

/** The records of a device. They are taken also when its agent, their human or the tenant does not count any more: what happened, happened. */
@Controller('t/:slug/device/v1')
@Access('device')
export class DeviceRecordsController {
  constructor(private readonly streams: StreamsService) {}

  @Post('batches')
  @HttpCode(202)
  batch(@OfDevice() device: DeviceRow, @Body({ schema: StreamBatch }) batch: StreamBatch) {
    if (batch.tenant !== device.tenantId) throw notFound()
    return this.streams.enqueue(device, batch, (record) => isOwn(device, record))
  }

  @Post('heads')
  @HttpCode(200)
  @SerializeOptions({ schema: HeadsAnswer })
  heads(@OfDevice() device: DeviceRow, @Body({ schema: HeadsRequest }) request: HeadsRequest) {
    const streams = [...request.heads.map(({ stream }) => stream), ...(request.streams ?? [])]
    if (streams.some((stream) => partsOfStream(stream).tenant !== device.tenantId)) throw notFound()
    return this.streams.keepHeads(device, request)
  }
}

/** A device tells what its own agent did on it, and of nobody's administration: it can put nothing into the mouth of another agent, or of a gateway. */
const isOwn = ({ agentId }: DeviceRow, record: AuditRecord): boolean =>
  makerFault(record, 'device') === null && (record.agent === null || record.agent.id === agentId)
