import { describe, expect, it } from 'vitest'
import { createRefusals } from '../../broker/refusals.ts'
import { until } from '../support/until.ts'
import { brokerUnderTest, connectPacket, linesOf, rawClient } from './support.ts'

describe('Refused connections of one address', () => {
  it('are answered and logged only so often, which holds up nobody who proves to be somebody', async () => {
    const { log, lines } = linesOf()
    let nowMs = 1_795_000_000_000
    await using city = await brokerUnderTest({ log, now: () => nowMs })
    const password = city.device('gate-1')
    let answered = 0
    const attempt = async () => {
      const client = await rawClient(city.broker.port)
      client.send(connectPacket('gate-1', 'guess'))
      await until(() => client.isClosed())
      if (client.received.length > 0) answered += 1
    }
    for (let i = 0; i < 60; i += 1) await attempt()
    expect(answered).toBe(50)
    expect(lines().match(/bad user name or password/g)).toHaveLength(50)
    expect((await city.client('gate-1', password)).connected).toBe(true)
    nowMs += 10_000
    await attempt()
    expect(answered).toBe(51)
  })

  it('are counted for a bounded number of addresses; strangers beyond it share one allowance', () => {
    const refusals = createRefusals(() => 0, { perSecond: 1, burst: 2, addresses: 3 })
    const answers = (address: string) => [1, 2, 3].map(() => refusals.isAnswered(address))
    for (const address of ['a', 'b', 'c']) expect(answers(address)).toEqual([true, true, false])
    expect(answers('d')).toEqual([true, true, false])
    expect(answers('e')).toEqual([false, false, false])
  })

  it('cost no hash when their password is longer than any secret', async () => {
    await using city = await brokerUnderTest()
    city.device('gate-1')
    const client = await rawClient(city.broker.port)
    client.send(connectPacket('gate-1', 'x'.repeat(10_000)))
    expect(await client.next('connack')).toMatchObject({ returnCode: 4 })
  })
})

describe('A password that is rotated under load', () => {
  it('loses no observation: the old one serves until the device has the new one', async () => {
    await using city = await brokerUnderTest()
    let password = city.device('gate-1')
    const given = () => password
    const stop = new AbortController()
    const acknowledged: number[] = []
    /** Publishes one after the other like a spool: the same reading again until it is acknowledged. */
    const load = async () => {
      for (let second = 0; !stop.signal.aborted;) {
        try {
          const client = await city.client('gate-1', given())
          const gone = new Promise<never>((_, reject) => {
            client.once('close', () => reject(new Error('closed')))
          })
          // Ends now and then, as connections do, so that each password is used anew.
          for (let count = 0; count < 15; count += 1) {
            const reading = JSON.stringify([{ n: 'library/co2', t: 1_760_000_000 + second, v: second }])
            await Promise.race([
              client.publishAsync('nadi/v1/gate-1/observations', reading, { qos: 1 }),
              gone,
            ])
            acknowledged.push(second)
            second += 1
          }
          gone.catch(() => undefined)
          await client.endAsync()
        } catch {
          // Refused or cut off: again, with the password that the device has by then.
        }
      }
    }
    const publishing = load()
    for (let round = 0; round < 3; round += 1) {
      const before = acknowledged.length
      const next = city.catalogue.devices.rotate('gate-1', 60_000)
      await until(() => acknowledged.length > before + 10)
      password = next
      await until(() => acknowledged.length > before + 30)
    }
    // No grace: the connection ends, and goes on with the new one.
    password = city.catalogue.devices.rotate('gate-1', 0)
    const before = acknowledged.length
    await until(() => acknowledged.length > before + 20)
    stop.abort()
    await publishing
    const stored = (await city.samples('library/co2')).map(({ value }) => value)
    const sent = Math.max(...acknowledged)
    expect(stored).toEqual(Array.from({ length: sent + 1 }, (_, second) => second))
  })
})
