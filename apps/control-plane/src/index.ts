export { ConfigSchema, MigrationConfigSchema } from './config.ts'
export type { Config } from './config.ts'
