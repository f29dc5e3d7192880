import { Counter, Gauge, type Registry } from 'prom-client'
import type { BrokerCounts } from './createBroker.ts'

/** What the broker counts, for Prometheus. */
export const registerMetrics = (registry: Registry, counts: () => BrokerCounts): void => {
  const gauge: Gauge = new Gauge({
    name: 'nadi_mqtt_connections',
    help: 'MQTT connections that are open',
    registers: [registry],
    collect: () => gauge.set(counts().connections),
  })
  for (const [name, { key, help }] of Object.entries(TOTALS)) {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [registry],
      collect: () => {
        counter.reset()
        counter.inc(counts()[key])
      },
    })
  }
}

const TOTALS: Readonly<Record<string, { key: keyof BrokerCounts; help: string }>> = {
  nadi_mqtt_packets_total: { key: 'packets', help: 'MQTT packets of all kinds that were handled' },
  nadi_mqtt_packs_total: { key: 'packs', help: 'Packs of observations that arrived' },
  nadi_mqtt_observations_total: { key: 'observations', help: 'Observations that were stored' },
  nadi_mqtt_quarantined_total: { key: 'quarantined', help: 'Packs and records that were quarantined' },
  nadi_mqtt_forbidden_total: { key: 'forbidden', help: 'Publishes that were forbidden' },
  nadi_mqtt_refused_total: {
    key: 'refused',
    help: 'Connections ended because of what they sent or did not send, and not for their CONNECT',
  },
  nadi_mqtt_refused_logins_total: {
    key: 'refusedLogins',
    help: 'CONNECTs that were refused: a wrong password, certificate or client id, or too many',
  },
  nadi_mqtt_dropped_total: { key: 'dropped', help: 'Messages not kept for absent subscribers' },
}
