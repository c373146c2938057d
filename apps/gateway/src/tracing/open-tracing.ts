import type { TracingSettings } from './otlp-tracing.ts'
import { UNTRACED } from './tracing.ts'
import type { Tracing } from './tracing.ts'

/** The tracing that is configured. What it takes is loaded only where it is wanted. */
export async function openTracing(settings: TracingSettings | null): Promise<Tracing> {
  if (settings === null) return UNTRACED
  const { createOtlpTracing } = await import('./otlp-tracing.ts')
  return createOtlpTracing(settings)
}
