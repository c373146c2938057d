import { Controller, HttpCode, Param, Post, SerializeOptions } from '@nestjs/common'
import { NewLogKey, OpenedEpoch, Slug } from '@writ/contracts'
import { Access } from '../tenancy/access.ts'
import { Epochs } from './epochs.ts'
import { LogKeys } from './log-keys.ts'

/** What the operator of the platform does to the logs: it reads nothing that is in one. */
@Controller('api/v1')
@Access('operator')
export class LogsController {
  constructor(
    private readonly epochs: Epochs,
    private readonly keys: LogKeys,
  ) {}

  /** After a fork that no replay of spools mends: the log goes on under another origin, with a signed notice. */
  @Post('tenants/:slug/log-epochs')
  @SerializeOptions({ schema: OpenedEpoch })
  open(@Param('slug', { schema: Slug }) slug: string) {
    return this.epochs.open(slug)
  }

  /** The same of the log over all logs. */
  @Post('log-epochs')
  @SerializeOptions({ schema: OpenedEpoch })
  openGlobal() {
    return this.epochs.openGlobal()
  }

  /** A new key, published now and used from tomorrow. */
  @Post('log-keys')
  @HttpCode(202)
  @SerializeOptions({ schema: NewLogKey })
  async rotate() {
    return { usedFrom: (await this.keys.rotate()).toISOString() }
  }
}
