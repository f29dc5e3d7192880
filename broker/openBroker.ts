import type { Logger } from 'pino'
import { createFramingGuard } from './framingGuard.ts'
import { createListener } from './listener.ts'
import { createRouter } from './router.ts'

/**
 * The same listener and guard with a plain MQTT 3.1.1 broker behind it: no identities, no ingest, every topic routed,
 * everything in memory. For MQTT test suites, and so on loopback only.
 */
export interface OpenBroker extends AsyncDisposable {
  port: number
  close(): Promise<void>
}

/** Throws `port-in-use`. */
export const createOpenBroker = async ({ port, log }: { port: number; log: Logger }): Promise<OpenBroker> => {
  const router = await createRouter({ concurrency: 0, connectTimeout: 5000, queueLimit: 10_000 })
  const closeRouter = (): Promise<void> => new Promise((resolve) => router.close(resolve))
  const listener = await createListener({
    host: '127.0.0.1',
    port,
    portSetting: '--port',
    log,
    onConnection(source) {
      const guard = createFramingGuard(source, {
        onRefused: (reason) => log.info({ reason }, 'MQTT connection refused'),
      })
      const client = router.handle(guard)
      client.on('error', (error) => log.debug({ reason: error.message }, 'MQTT connection ended'))
    },
  }).catch(async (error: unknown) => {
    // Its timers would keep the process alive.
    await closeRouter()
    throw error
  })
  const close = async (): Promise<void> => {
    await closeRouter()
    await listener.close()
  }
  return { port: listener.port, close, [Symbol.asyncDispose]: close }
}
