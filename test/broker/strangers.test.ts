import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { brokerUnderTest } from './support.ts'

/** Debian's command line clients: written by others, as a stranger's device is. */
const run = (command: string, args: readonly string[]) => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    output += bytes.toString()
  })
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code, output }))
  return { ended, output: () => output, end: () => child.kill() }
}

describe('mosquitto_pub and mosquitto_sub', () => {
  it('store, are told that they are stored, and hear of it', async () => {
    await using city = await brokerUnderTest()
    const login = (user: string, password: string): string[] => [
      ...`-h 127.0.0.1 -p ${city.broker.port} -V mqttv311`.split(' '),
      '-u',
      user,
      '-P',
      password,
    ]
    const password = city.device('gate-1')
    const publish = (message: string, ...more: string[]) =>
      run('mosquitto_pub', [
        ...login('gate-1', password),
        '-q',
        '1',
        '-t',
        'nadi/v1/gate-1/observations',
        '-m',
        message,
        ...more,
      ]).ended
    const first = JSON.stringify([{ n: 'library/co2', t: 1_760_000_000, v: 420 }])
    expect(await publish(first)).toEqual({ code: 0, output: '' })
    expect(await publish(first, '-i', 'gate-1:tool')).toEqual({ code: 0, output: '' })
    expect(await city.samples('library/co2')).toEqual([{ timeMs: 1_760_000_000_000, value: 420 }])

    const { id, key } = city.catalogue.keys.add('operator', 'listens')
    const heard = run('mosquitto_sub', [
      ...login(id, key),
      '-t',
      'v1.1/Datastreams(1)/Observations',
      '-C',
      '2',
    ])
    await until(() => heard.output().includes('420'))
    await publish(JSON.stringify([{ n: 'library/co2', t: 1_760_000_001, v: 421 }]))
    expect((await heard.ended).output).toMatch(/"result":420.*\n.*"result":421/)

    const fleeting = ['-q', '0', '-t', 'nadi/v1/gate-1/observations', '-i', 'gate-1:fleeting']
    const second = JSON.stringify([{ n: 'library/energy', t: 1_760_000_000, v: 1 }])
    await run('mosquitto_pub', [...login('gate-1', password), ...fleeting, '-m', second]).ended
    await until(async () => (await city.samples('library/energy')).length === 1)

    const wrong = await run('mosquitto_pub', [...login('gate-1', 'guess'), '-t', 'a', '-m', 'b']).ended
    expect(wrong.code).not.toBe(0)
    expect(wrong.output).toMatch(/bad user name or password/i)
  })
})
