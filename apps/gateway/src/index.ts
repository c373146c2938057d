export { ConfigSchema } from './config.ts'
