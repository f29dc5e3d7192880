import mqtt, { type MqttClient } from 'mqtt'

/** A device that does all right, beside those that do not: one observation in flight at a time, each of its own value. */
export interface WellBehaved {
  end(): Promise<{ values: number[]; p50Ms: number; p99Ms: number }>
}

export const behaveWell = (port: number, password: string): WellBehaved => {
  const values: number[] = []
  const latenciesMs: number[] = []
  const stopping = new AbortController()

  const publishOn = async (client: MqttClient): Promise<void> => {
    for (let value = 1; !stopping.signal.aborted; value += 1) {
      const record = { n: 'good/co2', t: 1_760_000_000 + value, v: value }
      const started = performance.now()
      await client.publishAsync('nadi/v1/good/observations', JSON.stringify([record]), { qos: 1 })
      latenciesMs.push(performance.now() - started)
      values.push(value)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const run = async (): Promise<void> => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
      username: 'good',
      password,
      clientId: 'good',
      reconnectPeriod: 0,
    })
    client.on('error', () => undefined)
    // A broker that dies leaves a publish unanswered for ever.
    const ended = new Promise<void>((resolve) => {
      client.once('close', () => resolve())
    })
    await Promise.race([publishOn(client).catch(() => undefined), ended])
    await client.endAsync(true)
  }
  const running = run().catch(() => undefined)
  return {
    async end() {
      stopping.abort()
      await running
      latenciesMs.sort((a, b) => a - b)
      const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0
      return { values, p50Ms: at(0.5), p99Ms: at(0.99) }
    },
  }
}
