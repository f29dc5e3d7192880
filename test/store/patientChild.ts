import { pino } from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { NadiError } from '../../city/errors.ts'

/**
 * A process under a tracer that makes its disk fail: appends the numbers 0 to LAST - 1 one by one, each again until it
 * is acknowledged, and prints `acknowledged N`, `refused N` or, at the end, `read N...`. Arguments: folder, LAST.
 */
const [folder = '', last = '0'] = process.argv.slice(2)
const store = await createEmbeddedStore({ folder, log: pino({ level: 'silent' }) })
const say = (text: string): void => void process.stdout.write(`${text}\n`)

for (let number = 0; number < Number(last);) {
  try {
    await store.append([{ datastreamId: 1, timeMs: number * 1000, value: number }])
    say(`acknowledged ${number}`)
    number += 1
  } catch (error) {
    if (!(error instanceof NadiError) || error.code !== 'store-unavailable') throw error
    say(`refused ${number}`)
    await sleep(50)
  }
}
const samples = await store.raw({ datastreamId: 1, fromMs: 0, toMs: 1e12, limit: 1e6 })
say(`read ${samples.map(({ value }) => value).join(' ')}`)
await store.close()
