import { setTimeout as sleep } from 'node:timers/promises'
import { createSystemClock } from '../../../edge/clock.ts'
import { readCredentials } from '../../../edge/config.ts'
import { openConnection } from '../../../edge/connection.ts'
import { createSpool } from '../../../edge/spool.ts'
import { createUplink } from '../../../edge/uplink.ts'
import type { AgentOptions } from '../../../edge/agent.ts'

/** An agent whose rows leave the spool when they are sent, not when they are acknowledged. */
export const createHastyAgent = async ({ config, driver, log, now, random, limits }: AgentOptions) => {
  const spool = createSpool({ ...config.spool, log, now })
  let acknowledged = 0
  const uplink = await createUplink({
    urls: config.urls,
    device: config.device,
    credentials: () => readCredentials(config.proof),
    birth: driver.describe(),
    rows: {
      ...spool,
      oldest(limit, afterId, untilId) {
        const rows = spool.oldest(limit, afterId, untilId)
        const [first, last] = [rows[0], rows.at(-1)]
        if (first && last) spool.release([{ fromId: first.id, toId: last.id }])
        return rows
      },
      release: () => undefined,
    },
    openConnection,
    clock: createSystemClock(),
    onReleased(rows) {
      acknowledged += rows
    },
    log,
    random,
    ...(limits && { limits }),
  })
  const run = async (): Promise<void> => {
    for await (const readings of driver.read(new AbortController().signal)) {
      spool.append(readings)
      uplink.wake()
    }
    while (spool.stats().count > 0) await sleep(20)
  }
  return { finished: run(), stats: () => ({ acknowledged, count: spool.stats().count }) }
}
