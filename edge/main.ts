import { readEdgeConfig } from './config.ts'
import { createEdgeLog } from './log.ts'
import { startAgent } from './startAgent.ts'

/**
 * The process that the city's launcher forks for a demonstration building: `main.ts CONFIG`. SIGTERM stops it
 * cleanly, and so does the loss of the IPC channel, for then its parent is gone. Ctrl-C reaches the whole process
 * group, so SIGINT is left to the city, which ends its agents itself.
 */
const CLOSE_MS = 4_000

const stopping = new AbortController()
process.on('SIGINT', () => undefined)
const stop = (): void => {
  stopping.abort()
  setTimeout(() => process.exit(1), CLOSE_MS).unref()
}
process.on('SIGTERM', stop)
process.on('disconnect', stop)

const log = createEdgeLog(process.env['NADI_LOG'] ?? 'info')

try {
  const config = await readEdgeConfig(process.argv[2] ?? 'building.yaml')
  await using agent = await startAgent(config, {
    log: log.child({ building: config.building }),
    now: Date.now,
    random: Math.random,
  })
  const stopped = new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve()
    stopping.signal.addEventListener('abort', () => resolve())
  })
  await Promise.race([agent.finished, stopped])
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : 'the agent ended')
  process.exitCode = 1
}
// The channel to the parent would keep this process alive.
if (process.connected) process.disconnect?.()
