import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { type PlacementKind, type TransactionTrace, RowhouseError } from '@rowhouse/tenancy'
import { env } from '#db/env'

/**
 * Exports spans to OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP). If it is not set, no OpenTelemetry
 * SDK is loaded.
 *
 * @returns A function that sends the remaining spans. Call it before the process ends.
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
 * Starts a span for a tenant transaction, with ids and times but no values. Costs nothing while
 * tracing is off.
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

/** Adds tenant and user to the current span. */
export function addSpanAttributes(who: { tenantId?: string; userId?: string }): void {
  trace
    .getActiveSpan()
    ?.setAttributes({ 'rowhouse.tenant_id': who.tenantId, 'rowhouse.user_id': who.userId })
}
