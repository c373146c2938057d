import { AccessGroup } from './access-group.entity.ts'
import { Agent } from './agent.entity.ts'
import { ApiKey } from './api-key.entity.ts'
import { Approval } from './approval.entity.ts'
import { BundleAcknowledgementRow } from './bundle-acknowledgement.entity.ts'
import { BundleRow } from './bundle.entity.ts'
import { Connection } from './connection.entity.ts'
import { EnrolmentTokenRow } from './enrolment-token.entity.ts'
import { GroupAgent } from './group-agent.entity.ts'
import { GroupConnection } from './group-connection.entity.ts'
import { GroupHuman } from './group-human.entity.ts'
import { GroupPolicy } from './group-policy.entity.ts'
import { Human } from './human.entity.ts'
import { Override } from './override.entity.ts'
import { Policy } from './policy.entity.ts'
import { PolicyVersion } from './policy-version.entity.ts'
import { Session } from './session.entity.ts'
import { SigningKey } from './signing-key.entity.ts'
import { Tenant } from './tenant.entity.ts'
import { TenantKey } from './tenant-key.entity.ts'
import { ToolDefinition } from './tool-definition.entity.ts'
import { UsedProof } from './used-proof.entity.ts'

export const ENTITIES = [
  AccessGroup,
  Agent,
  ApiKey,
  Approval,
  BundleAcknowledgementRow,
  BundleRow,
  Connection,
  EnrolmentTokenRow,
  GroupAgent,
  GroupConnection,
  GroupHuman,
  GroupPolicy,
  Human,
  Override,
  Policy,
  PolicyVersion,
  Session,
  SigningKey,
  Tenant,
  TenantKey,
  ToolDefinition,
  UsedProof,
]
