import { Injectable } from '@nestjs/common'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { DomainId } from '@writ/contracts'
import { unavailable } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { DomainRecords } from './domain-records.ts'
import { DomainsService } from './domains.service.ts'

/** Asks the Domain Name System before the transaction of the request begins: a slow name server holds no connection of the database. */
@Injectable()
export class DomainAnswers implements CanActivate {
  constructor(
    private readonly tenancy: Tenancy,
    private readonly domains: DomainsService,
    private readonly records: DomainRecords,
  ) {}

  /** @throws 404; 503 when the names cannot be asked */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RimRequest & { readonly params: { id?: string } }>()
    const { admission, params } = request
    const id = DomainId.safeParse(params.id)
    // What is no id is refused where the route reads it.
    if (!admission || !id.success) return true
    const { record } = await this.tenancy.runById(admission.tenantId, (db) => this.domains.get(db, id.data))
    request.txt = await this.records.txt(record).catch(() => {
      throw unavailable('the Domain Name System did not answer')
    })
    return true
  }
}
