import { describe, expect, it } from 'vitest'
import { conformance } from './peer.ts'

describe('PINGREQ and the keep-alive', () => {
  const { client } = conformance({ maxIdleMs: 2500 })

  it('is answered by PINGRESP', async () => {
    const peer = await client('pinging')
    peer.send({ cmd: 'pingreq' }, { cmd: 'pingreq' })
    await peer.next('pingresp')
    await peer.next('pingresp')
    expect([...peer.bytes()].slice(4)).toEqual([0xd0, 0, 0xd0, 0])
  })

  it.each([
    ['flags', [0xc1, 0]],
    ['a body', [0xc0, 1, 0]],
  ])('with %s ends the connection', async (_what, bytes) => {
    const peer = await client('wrong')
    peer.write(bytes)
    expect(await peer.closed()).toEqual([])
  })

  it('that does not come in one and a half times the keep-alive ends the connection, pieces of a packet do not count', async () => {
    const silent = await client('silent', { keepalive: 1 })
    const trickling = await client('trickling', { keepalive: 1 })
    const timer = setInterval(() => trickling.write([0x30]), 100)
    const pinging = await client('alive', { keepalive: 1 })
    const alive = setInterval(() => pinging.send({ cmd: 'pingreq' }), 200)
    expect(await silent.closed()).toEqual([])
    expect(await trickling.closed()).toEqual([])
    clearInterval(timer)
    clearInterval(alive)
    await pinging.next('pingresp')
  })

  it('need not come at keep-alive 0, but nobody is borne in silence for ever', async () => {
    const forever = await client('forever', { keepalive: 0 })
    const long = await client('long', { keepalive: 65_535 })
    expect(await forever.closed()).toEqual([])
    expect(await long.closed()).toEqual([])
  })
})
