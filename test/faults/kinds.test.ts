import { expect, it } from 'vitest'
import { TEST_SCALE } from '../support/testScale.ts'
import type { FaultKind } from './faultKind.ts'
import { clock } from './kinds/clock.ts'
import { fsync } from './kinds/fsync.ts'
import { full } from './kinds/full.ts'
import { influx } from './kinds/influx.ts'
import { influxLong } from './kinds/influxLong.ts'
import { link } from './kinds/link.ts'
import { spool } from './kinds/spool.ts'

/** A round of each kind that has no test of its own; `npm run test:faults` makes all of them. */
const KINDS: [string, FaultKind][] = [
  ['disks are full and have room again', full],
  ['fsync fails', fsync],
  ['links are cut, slow and stalled', link],
  ['clocks jump by hours', clock],
  ['InfluxDB fails and stores writes in part', influx],
  ['InfluxDB is gone for long', influxLong],
  ['the spool is damaged, but for what stood there', spool],
]

/** Odd, so that InfluxDB stores in part. */
const SEED = 3

for (const [when, kind] of KINDS) {
  it(`loses nothing and shows nothing twice when ${when}`, async (ctx) => {
    const unable = await kind.unavailable?.()
    if (unable) ctx.skip(unable)
    const [row] = await kind.run({
      rounds: Math.ceil(TEST_SCALE),
      seed: SEED,
      progress: () => undefined,
    })
    expect(row?.problems).toEqual([])
    expect(row?.tally).toMatchObject({ twice: 0, invented: 0 })
    expect(row?.tally.stored).toBeGreaterThan(100)
  })
}
