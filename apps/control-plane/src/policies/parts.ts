import type { Provider } from '@nestjs/common'
import { ExplainService } from './explain.service.ts'
import { LintService } from './lint.service.ts'
import { PoliciesController } from './policies.controller.ts'
import { PoliciesService } from './policies.service.ts'
import { PolicyRunsController } from './policy-runs.controller.ts'
import { PolicyTemplatesController } from './policy-templates.controller.ts'
import { ReplayService } from './replay.service.ts'

/** Policies as they are written, checked and tried. */
export const POLICY_CONTROLLERS = [PoliciesController, PolicyRunsController, PolicyTemplatesController]
export const POLICY_SERVICES: Provider[] = [ExplainService, LintService, PoliciesService, ReplayService]
