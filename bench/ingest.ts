import { lossAfterKill } from './ingest/loss.ts'
import { generate, type LoadResult } from './ingest/generate.ts'
import { startMosquitto } from './ingest/mosquitto.ts'
import { startNadi } from './ingest/nadi.ts'
import { startPipeline } from './ingest/pipeline.ts'
import { watchQueryable } from './ingest/queryable.ts'
import { bytesOnDisk, cpuSeconds, settledBytesOnDisk, residentMb, type System } from './ingest/system.ts'

/**
 * `npm run bench -- ingest [--pack 1|10|100] [--seconds N] [--only WORD] [--part steady]`: the same packs, on the same
 * machine in the same run, to Nadi's core on the embedded store, on InfluxDB, to the whole city as `npm start` runs
 * it, to Mosquitto alone and to what a user would set up instead. For each: what is acknowledged in a second when the
 * connections are never idle, processor time and disk for each observation; then at a steady rate (`--part steady`:
 * this alone) the time to acknowledgement and until a reader sees the value; then `kill -9` under load, and how many
 * acknowledged observations are gone.
 */
const CONNECTIONS = 8
const CASES = [
  { packSize: 1, window: 64, steadyPerSecond: [5_000] },
  { packSize: 10, window: 32, steadyPerSecond: [20_000] },
  { packSize: 100, window: 4, steadyPerSecond: [20_000, 100_000] },
]
const SYSTEMS: Readonly<Record<string, () => Promise<System>>> = {
  embedded: () => startNadi({ store: 'embedded' }),
  influx: () => startNadi({ store: 'influx' }),
  city: () => startNadi({ store: 'embedded', live: true }),
  mosquitto: () => startMosquitto(),
  pipeline: () => startPipeline(),
}

export const run = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const seconds = Number(options['seconds'] ?? 10)
  const cases = CASES.filter(
    ({ packSize }) => options['pack'] === undefined || Number(options['pack']) === packSize,
  )
  for (const shape of cases) {
    for (const [word, start] of Object.entries(SYSTEMS)) {
      if (options['only'] === undefined || options['only'].split(',').includes(word)) {
        await measure(start, shape, seconds, options['part'] === 'steady')
      }
    }
  }
}

const measure = async (
  start: () => Promise<System>,
  { packSize, window, steadyPerSecond }: (typeof CASES)[number],
  seconds: number,
  onlySteady: boolean,
): Promise<void> => {
  await using system = await start()
  const devices = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, i) => system.device(`device-${i}`)),
  )
  const probe = await system.device('probe')
  let startSeconds = 1_760_000_000
  /** Each load on another stretch of time: none repeats what another stored. */
  const nextLoad = () => ({
    port: system.port(),
    devices,
    building: system.building,
    packSize,
    window,
    warmUpSeconds: 2,
    seconds,
    startSeconds: (startSeconds += 100_000),
  })
  const report = (what: string, result: LoadResult, more: object): void =>
    print(`${system.name}, packs of ${packSize}, ${what}`, {
      observationsPerSecond: Math.round((result.packs / result.seconds) * packSize),
      p50Ms: round(result.p50Ms, 1),
      p99Ms: round(result.p99Ms, 1),
      maxMs: round(result.maxMs, 1),
      ...more,
    })

  const neverIdle = async (): Promise<void> => {
    const diskBefore = bytesOnDisk(system.folders())
    const cpuBefore = cpuSeconds(system)
    const startedMs = performance.now()
    const full = await generate(nextLoad())
    await system.drained()
    const observations = full.packsInAll * packSize
    report('never idle', full, {
      ...(system.query && {
        storedPerSecond: Math.round(observations / ((performance.now() - startedMs) / 1000)),
      }),
      cpuSecondsPerMillion: round(((cpuSeconds(system) - cpuBefore) / observations) * 1e6, 2),
      bytesOnDiskPerObservation: round(
        ((await settledBytesOnDisk(system.folders())) - diskBefore) / observations,
        1,
      ),
      residentMb: Math.round(residentMb(system)),
    })
  }
  if (!onlySteady) await neverIdle()

  for (const perSecond of steadyPerSecond) {
    const watch = system.query ? await watchQueryable(system, probe) : undefined
    const steady = await generate({ ...nextLoad(), packsPerSecond: perSecond / packSize })
    report(`${perSecond} a second`, steady, (await watch?.end()) ?? {})
    await system.drained()
  }

  if (onlySteady) return
  print(`${system.name}, packs of ${packSize}, kill -9`, await lossAfterKill(system, nextLoad()))
}

const print = (what: string, figures: object): void =>
  void process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`)

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
