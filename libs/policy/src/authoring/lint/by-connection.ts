import type { ActionClass, JsonObject } from '@writ/contracts'
import type { CatalogueTool } from './reach.ts'

/** What one connection offers. */
export type ToolsOfConnection = {
  readonly connection: string
  readonly tools: readonly {
    readonly name: string
    readonly class: ActionClass
    readonly inputSchema: JsonObject | null
  }[]
}

/** A catalogue as a Cedar schema is made of it. */
export const byConnection = (catalogue: readonly CatalogueTool[]): readonly ToolsOfConnection[] =>
  [...new Set(catalogue.map(({ connection }) => connection))].map((connection) => ({
    connection,
    tools: catalogue.filter((tool) => tool.connection === connection).map(offered),
  }))

const offered = ({ tool, class: ofCalls, inputSchema = null }: CatalogueTool) => ({
  name: tool,
  class: ofCalls,
  inputSchema,
})
