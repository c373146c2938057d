export { backoffMs } from './backoff.ts'
export { CEF_MAPPING, cefOf } from './cef.ts'
export {
  CLOUD_EVENT_MAPPING,
  cloudEventOf,
  OCSF_EVENT_TYPE,
  RECORD_EVENT_TYPE,
  RECORD_MAPPING,
  recordEventOf,
  TEST_EVENT_TYPE,
  testEventOf,
} from './cloud-event.ts'
export { eventIdOf, leafHashOf } from './delivered.ts'
export type { Delivered } from './delivered.ts'
export { OCSF_MAPPING, ocsfEventOf } from './ocsf.ts'
export { OTLP_MAPPING, otlpRequestOf, otlpTestOf } from './otlp.ts'
export { withoutPersonal } from './personal.ts'
export type { Mapping, Row } from './row.ts'
export { webhookHeaders, webhookSecretOf } from './signature.ts'
export type { SignedMessage } from './signature.ts'
export { octetCounted, syslogMessageOf, syslogTestOf } from './syslog.ts'
