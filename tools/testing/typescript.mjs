// Lets Node import the TypeScript of this repository, and gives specs their `@jest/globals`.
import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)
