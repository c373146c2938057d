import { Body, Controller, HttpCode, Post } from '@nestjs/common'
import { CatalogueReport } from '@writ/contracts'
import { Access } from '../tenancy/access.ts'
import { CataloguesService } from './catalogues.service.ts'

/** What gateways saw servers list (contracts, node.ts). */
@Controller('internal/v1/catalogues')
@Access('node')
export class CataloguesController {
  constructor(private readonly catalogues: CataloguesService) {}

  @Post()
  @HttpCode(204)
  report(@Body({ schema: CatalogueReport }) report: CatalogueReport) {
    return this.catalogues.keep(report)
  }
}
