import { expect, it } from 'vitest'
import { createNightly, nextTimeMs } from '../../../analytics/retraining/nightly.ts'

it('the next night is today or tomorrow, and on the day that clocks go forward too', () => {
  const next = (after: string, zone: string) =>
    new Date(nextTimeMs(Date.parse(after), '02:30', zone)).toISOString()
  expect(next('2026-11-24T02:29:59+08:00', 'Asia/Makassar')).toBe('2026-11-23T18:30:00.000Z')
  expect(next('2026-11-24T02:30:00+08:00', 'Asia/Makassar')).toBe('2026-11-24T18:30:00.000Z')
  // 2026-03-29 02:00 becomes 03:00 in Zurich: 02:30 is shown as 03:30.
  expect(next('2026-03-29T00:00:00+01:00', 'Europe/Zurich')).toBe('2026-03-29T01:30:00.000Z')
})

it('runs once a night, one after the other, and no more once it is closed', async () => {
  let nowMs = Date.parse('2026-11-24T00:00:00+08:00')
  let runs = 0
  const waits: { run: () => void; afterMs: number; cleared: boolean }[] = []
  const nightly = createNightly({
    run: async () => void (runs += 1),
    timeZone: 'Asia/Makassar',
    now: () => nowMs,
    at: '02:30',
    setTimer(run, afterMs) {
      const wait = { run, afterMs, cleared: false }
      waits.push(wait)
      return { clear: () => (wait.cleared = true) }
    },
  })
  for (let night = 1; night <= 3; night += 1) {
    const wait = waits.at(-1) ?? expect.fail()
    nowMs += wait.afterMs
    wait.run()
    await expect.poll(() => waits.length).toBe(night + 1)
    expect(runs).toBe(night)
  }
  expect(waits.map(({ afterMs }) => afterMs / 3_600_000)).toEqual([2.5, 24, 24, 24])
  await nightly.close()
  expect(waits.at(-1)?.cleared).toBe(true)
})
