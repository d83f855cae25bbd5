import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { type PlacementKind, type TransactionTrace, RowhouseError } from '@rowhouse/tenancy'
import { env } from '#db/env'

/**
 * Sends spans to OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP). Without it no package is loaded.
 * @returns Sends the remaining spans; to be called before the process ends.
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
 * A span of one tenant transaction, with ids and times but no values. Free while tracing is off.
 */
export function traceTransaction(transaction: {
  tenantId: string
  placement: PlacementKind
}): TransactionTrace {
  const span = trace.getTracer('rowhouse').startSpan('tenant transaction', {
    attributes: {
      'rowhouse.tenant_id': transaction.tenantId,
      'rowhouse.placement': transaction.placement,
    },
  })
  return ({ waitMs, error }) => {
    span.setAttribute('rowhouse.wait_ms', Math.round(waitMs))
    if (error !== undefined)
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: RowhouseError.is(error) ? error.name : 'error',
      })
    span.end()
  }
}

/** Adds tenant and user to the span of the request. */
export function noteOnSpan(who: { tenantId?: string; userId?: string }): void {
  trace
    .getActiveSpan()
    ?.setAttributes({ 'rowhouse.tenant_id': who.tenantId, 'rowhouse.user_id': who.userId })
}
