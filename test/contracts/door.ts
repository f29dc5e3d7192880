import mqtt, { type IClientOptions } from 'mqtt'
import { describe, expect, it } from 'vitest'
import { brokerUnderTest, type BrokerUnderTest } from '../broker/support.ts'

/** One way to reach the broker: what every transport must do alike. `open` answers the URL that mqtt.js connects to. */
export interface Transport {
  name: string
  open: (city: BrokerUnderTest) => Promise<{ url: string; options?: IClientOptions } & AsyncDisposable>
}

const records = (count: number, fromSecond: number): string =>
  JSON.stringify(
    Array.from({ length: count }, (_, i) => ({
      n: 'library/co2',
      t: 1_760_000_000 + fromSecond + i,
      v: 400,
    })),
  )

export const doorContract = ({ name, open }: Transport): void => {
  describe(`The door over ${name}`, () => {
    const connected = async () => {
      const stack = new AsyncDisposableStack()
      const city = stack.use(await brokerUnderTest())
      const { url, options } = stack.use(await open(city))
      const connect = async (clientId: string, more: IClientOptions) => {
        const client = await mqtt.connectAsync(url, { clientId, reconnectPeriod: 0, ...options, ...more })
        client.on('error', () => undefined)
        stack.defer(() => client.endAsync(true))
        return client
      }
      return { city, connect, [Symbol.asyncDispose]: () => stack.disposeAsync() }
    }

    it('acknowledges what is stored, from one reading to packs that come in many pieces', async () => {
      await using door = await connected()
      const client = await door.connect('gate-1', {
        username: 'gate-1',
        password: door.city.device('gate-1'),
      })
      let second = 0
      for (const count of [1, 30, 300, 2800]) {
        await client.publishAsync('nadi/v1/gate-1/observations', records(count, second), { qos: 1 })
        second += count
        expect(await door.city.samples('library/co2')).toHaveLength(second)
      }
    })

    it('acknowledges each of many packs in flight', async () => {
      await using door = await connected()
      const client = await door.connect('gate-1', {
        username: 'gate-1',
        password: door.city.device('gate-1'),
      })
      const packs = Array.from({ length: 100 }, (_, i) => records(30, i * 30))
      await Promise.all(
        packs.map((pack) => client.publishAsync('nadi/v1/gate-1/observations', pack, { qos: 1 })),
      )
      expect(await door.city.samples('library/co2')).toHaveLength(3000)
    })

    it('delivers large messages whole', async () => {
      await using door = await connected()
      const { id, key } = door.city.catalogue.keys.add('operator', 'listens')
      const client = await door.connect(id, { username: id, password: key })
      const sizes: number[] = []
      client.on('message', (_topic, payload) => sizes.push(payload.length))
      await client.subscribeAsync('nadi/v1/alarms/+', { qos: 1 })
      for (const size of [10, 20_000, 120_000]) {
        await door.city.broker.publish({ topic: 'nadi/v1/alarms/library', payload: 'x'.repeat(size) })
      }
      await expect.poll(() => sizes).toEqual([10, 20_000, 120_000])
    })

    it('refuses whoever has no identity, and says so', async () => {
      await using door = await connected()
      await expect(door.connect('gate-1', {})).rejects.toThrow(/not authorized/i)
      await expect(door.connect('gate-1', { username: 'gate-1', password: 'guess' })).rejects.toThrow(
        /bad username or password/i,
      )
    })
  })
}
