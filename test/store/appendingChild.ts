import { pino } from 'pino'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'

/**
 * A process to be killed: appends numbered points to twenty streams as fast as it can, compacting all the time, and
 * prints `STREAM NUMBER` once that point is acknowledged. Arguments: the store's folder, the first number.
 */
const [folder = '', firstText = '0'] = process.argv.slice(2)
const store = await createEmbeddedStore({ folder, log: pino({ level: 'silent' }), compactAtRows: 500 })

const stream = async (datastreamId: number): Promise<never> => {
  for (let number = Number(firstText); ; number += 1) {
    await store.append([{ datastreamId, timeMs: number * 1000, value: number }])
    process.stdout.write(`${datastreamId} ${number}\n`)
  }
}

await Promise.all(Array.from({ length: 20 }, (_, i) => stream(i + 1)))
