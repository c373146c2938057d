import { Controller, HttpCode, Post, Req, SerializeOptions } from '@nestjs/common'
import {
  ExplainAnswer,
  ExplainRequest,
  PolicyLintAnswer,
  PolicyLintRequest,
  PolicyReplayAnswer,
  PolicyReplayRequest,
  PolicyTestAnswer,
  PolicyTestRequest,
} from '@writ/contracts'
import { Answers } from '../http/answers.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { draftOf } from './draft.ts'
import { ExplainService } from './explain.service.ts'
import { LintService } from './lint.service.ts'
import { readPolicyBody } from './policy-body.ts'
import { testReport } from './policy-tests.ts'
import { ReplayService } from './replay.service.ts'

/** What a policy would do, before it does. Nothing here changes anything, so an auditor may ask too. */
@Controller('api/v1/policies')
@Access('policies.read')
export class PolicyRunsController {
  constructor(
    private readonly explanations: ExplainService,
    private readonly lints: LintService,
    private readonly replays: ReplayService,
  ) {}

  @Post('explain')
  @HttpCode(200)
  @Answers({ body: ExplainRequest, yaml: ExplainRequest })
  @SerializeOptions({ schema: ExplainAnswer })
  explain(@Db() db: TenantDb, @Req() request: RimRequest) {
    return this.explanations.explain(db, readPolicyBody(request, ExplainRequest).asked)
  }

  @Post('test')
  @HttpCode(200)
  @Answers({ body: PolicyTestRequest, yaml: PolicyTestRequest })
  @SerializeOptions({ schema: PolicyTestAnswer })
  test(@Req() request: RimRequest) {
    const body = readPolicyBody(request, PolicyTestRequest)
    return testReport(draftOf(body))
  }

  @Post('lint')
  @HttpCode(200)
  @Answers({ body: PolicyLintRequest, yaml: PolicyLintRequest })
  @SerializeOptions({ schema: PolicyLintAnswer })
  lint(@Db() db: TenantDb, @Req() request: RimRequest) {
    const body = readPolicyBody(request, PolicyLintRequest)
    return this.lints.lint(db, draftOf(body), body.asked)
  }

  @Post('replay')
  @Access('records.read')
  @HttpCode(200)
  @Answers({ body: PolicyReplayRequest, yaml: PolicyReplayRequest })
  @SerializeOptions({ schema: PolicyReplayAnswer })
  replay(@Db() db: TenantDb, @Req() request: RimRequest) {
    const body = readPolicyBody(request, PolicyReplayRequest)
    return this.replays.replay(db, draftOf(body), body.asked)
  }
}
