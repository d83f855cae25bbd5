import { context, SpanStatusCode, trace, type Span } from '@opentelemetry/api'
import { env } from '#db/env'
import { RowhouseError } from '#db/errors'

/**
 * Sends spans to OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP). Without it nothing is loaded. Out:
 * sends the rest, for the end of the process.
 */
export async function startTracing(): Promise<() => Promise<void>> {
  if (!env().OTEL_EXPORTER_OTLP_ENDPOINT) return async () => {}
  const [
    { AsyncLocalStorageContextManager },
    { OTLPTraceExporter },
    { defaultResource, resourceFromAttributes },
    { BatchSpanProcessor, TracerProvider },
  ] = await Promise.all([
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ])
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': env().OTEL_SERVICE_NAME }),
    ),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 1000 }),
    ],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  return () => provider.shutdown()
}

/**
 * A span of one transaction of a tenant; ids and times, never a value. Costs nothing while nobody
 * collects.
 */
export const transactionSpan = (tenantId: string, kind: string): Span =>
  trace.getTracer('rowhouse').startSpan('tenant transaction', {
    attributes: { 'rowhouse.tenant_id': tenantId, 'rowhouse.placement': kind },
  })

export function endSpan(span: Span, waitMs: number, error?: unknown): void {
  span.setAttribute('rowhouse.wait_ms', Math.round(waitMs))
  if (error !== undefined)
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof RowhouseError ? error.name : 'error',
    })
  span.end()
}

/** Says on the request's span for whom it was. */
export function noteOnSpan(who: { tenantId?: string; userId?: string }): void {
  trace
    .getActiveSpan()
    ?.setAttributes({ 'rowhouse.tenant_id': who.tenantId, 'rowhouse.user_id': who.userId })
}
