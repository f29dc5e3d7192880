import type { Logger } from 'pino'
import { BROKER_LIMITS, type BrokerLimits } from './limits.ts'
import { createListener } from './listener.ts'
import { createRouter, type PacketCounts } from './router.ts'

/**
 * The same listener, guard and router as the city's broker: no identities, no ingest, every topic routed, everything
 * in memory. For MQTT test suites, and so on loopback only.
 */
export interface OpenBroker extends AsyncDisposable {
  port: number
  packets(): PacketCounts
  close(): Promise<void>
}

export interface OpenBrokerOptions {
  port: number
  log: Logger
  limits?: Partial<BrokerLimits>
}

/** Throws `port-in-use`. */
export const createOpenBroker = async ({ port, log, ...options }: OpenBrokerOptions): Promise<OpenBroker> => {
  const limits = { ...BROKER_LIMITS, ...options.limits }
  const router = await createRouter({
    limits,
    authorizePublish(_client, packet, done) {
      // The server's own; acknowledged and not passed on [MQTT-3.3.5-2].
      if (packet.topic.startsWith('$SYS/')) router.absorb(packet)
      done(null)
    },
  })
  const listener = await createListener({
    host: '127.0.0.1',
    port,
    portSetting: '--port',
    log,
    limits,
    onConnection(source) {
      const client = router.connect(source, {
        onRefused: (reason) => log.info({ reason }, 'MQTT connection refused'),
      })
      client.on('error', (error) => log.debug({ reason: error.message }, 'MQTT connection ended'))
    },
  }).catch(async (error: unknown) => {
    // Its timers would keep the process alive.
    await router.close()
    throw error
  })
  const close = async (): Promise<void> => {
    await router.close()
    await listener.close()
  }
  return { port: listener.port, packets: () => router.packets(), close, [Symbol.asyncDispose]: close }
}
