import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { Engine } from '../../store/embedded/engine.ts'
import { createEngineKeeper } from '../../store/embedded/engineKeeper.ts'

/** What the keeper asks of an engine; its closing fails. */
const brokenOnClose = (): Engine =>
  ({
    compactor: { hotRows: () => 7 },
    settled: true,
    close: () => Promise.reject(new Error('the compaction failed')),
  }) as unknown as Engine

it('opens the store anew also when the one that failed cannot be closed in order', async () => {
  const opened: Engine[] = []
  const keeper = await createEngineKeeper({
    open: async () => {
      const engine = brokenOnClose()
      opened.push(engine)
      return engine
    },
    reserve: { hasRoom: () => true },
    log: pino({ level: 'silent' }),
    retryMs: 0,
  })
  const first = await keeper.writable()
  keeper.commitFailed(first, new Error('no space'))
  const second = await keeper.writable()
  expect(second).not.toBe(first)
  expect(opened).toEqual([first, second])
  expect(await keeper.readable()).toBe(second)
})
