import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import type { Building, CityFile } from '../city/cityFile.ts'
import type { Config } from '../config.ts'
import type { HistoryJob, HistoryMessage } from '../edge/historyMain.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import { aborted } from './aborted.ts'
import type { Child, Children } from './children.ts'
import type { DataFiles } from './files.ts'
import type { CityForecasting } from './models.ts'
import { secretFile } from './secrets.ts'

export interface DemonstrationOptions {
  city: CityFile
  config: Config
  files: DataFiles
  catalogue: Catalogue
  children: Children
  /** The city's own broker. */
  mqttUrl: string
  forecasting: Pick<CityForecasting, 'job' | 'judgeNow'>
  signal: AbortSignal
  log: Logger
}

const root = path.resolve(import.meta.dirname, '..')
const MS_PER_DAY = 86_400_000
/** History is made by this many processes side by side: the core stores meanwhile, so one more would only wait. */
const HISTORY_PROCESSES = 2
/** Past days for which forecasts are issued afterwards, so that the page can say how good they are. */
const BACKFILL_DAYS = 30
const SECONDS_BETWEEN_LIVE_READINGS = 5

/**
 * The buildings that the city file marks as demonstration: at first start their history goes through MQTT as any
 * reading does, then an edge agent of its own publishes for each. Resolves when the history is there and the agents
 * are started; disposing ends them.
 */
export const startDemonstration = async (options: DemonstrationOptions): Promise<AsyncDisposable> => {
  const { city, config, files, forecasting, signal } = options
  const buildings = city.buildings.filter(({ demonstration }) => demonstration)
  const agents: Child[] = []
  // All at once: each drains what it has, and eight in a row would take eight times as long.
  const close = async (): Promise<void> => void (await Promise.all(agents.map((agent) => agent.stop())))
  const demonstration = { [Symbol.asyncDispose]: close }
  const devices = buildings.map((building) => ({ building, device: ensureDevice(options, building) }))
  try {
    if (devices.length > 0 && config.historyDays > 0 && !existsSync(files.historyDone)) {
      await makeHistory(options, devices)
      if (signal.aborted) return demonstration
      const days = Math.min(BACKFILL_DAYS, config.historyDays)
      await forecasting.job.backfill(days, signal)
      // What the past would have been with the model that is served from now on.
      if (await forecasting.judgeNow()) await forecasting.job.backfill(days, signal)
      await Promise.race([forecasting.job.catchUp(), aborted(signal)])
      if (signal.aborted) return demonstration
      writeFileSync(files.historyDone, JSON.stringify({ days: config.historyDays, completedAt: new Date() }))
    } else {
      // In the background: a city with much data must not wait for it, and its job is closed with the city.
      void forecasting.job.catchUp()
    }
    for (const { building, device } of devices) agents.push(startAgent(options, building, device))
    return demonstration
  } catch (error) {
    await close()
    throw error
  }
}

interface DemonstrationDevice {
  id: string
  passwordFile: string
}

/**
 * The building's device, its password kept in a file. A device whose password was lost (killed between the two) gets a
 * new one; one that an administrator revoked stays revoked.
 */
const ensureDevice = (
  { catalogue, files }: DemonstrationOptions,
  building: Building,
): DemonstrationDevice => {
  const id = `edge-${building.id}`
  const passwordFile = files.devicePassword(id)
  const known = catalogue.devices.find(id)
  secretFile(passwordFile, () => {
    // Its agent is refused with any password.
    if (known && known.revokedMs !== null) return randomBytes(24).toString('base64url')
    return catalogue.transaction(() => {
      const rotates = known !== undefined
      catalogue.audit.record({
        actor: { kind: 'city', id: 'demonstration' },
        action: rotates ? 'device.rotate' : 'device.add',
        subject: id,
        detail: { building: building.id },
      })
      return rotates ? catalogue.devices.rotate(id, 0) : catalogue.devices.add(id, building.id)
    })
  })
  return { id, passwordFile }
}

const startAgent = (
  { children, config, files, mqttUrl }: DemonstrationOptions,
  building: Building,
  device: DemonstrationDevice,
): Child => {
  const configFile = files.edgeConfig(building.id)
  writeJson(configFile, {
    device: device.id,
    passwordFile: device.passwordFile,
    broker: mqttUrl,
    building: building.id,
    spool: { file: files.spool(building.id) },
    driver: { kind: 'simulated', city: config.cityFile, intervalSeconds: SECONDS_BETWEEN_LIVE_READINGS },
  })
  return children.start({
    name: `edge-${building.id}`,
    modulePath: path.join(root, 'edge/main.ts'),
    args: [configFile],
    // Eight agents that say at each start that they are connected would drown what matters.
    env: { ...process.env, NADI_LOG: config.log === 'info' ? 'warn' : config.log },
    restart: true,
  })
}

const makeHistory = async (
  options: DemonstrationOptions,
  devices: readonly { building: Building; device: DemonstrationDevice }[],
): Promise<void> => {
  const { children, config, files, mqttUrl, signal } = options
  const toMs = Date.now()
  const fromMs = toMs - config.historyDays * MS_PER_DAY
  const progress = reportProgress(config.historyDays)
  const stack = new AsyncDisposableStack()
  const jobs = Array.from({ length: HISTORY_PROCESSES }, (_, part) =>
    devices.filter((_device, index) => index % HISTORY_PROCESSES === part),
  ).filter((part) => part.length > 0)
  const running = jobs.map((part, index) => {
    const name = `history-${index + 1}`
    const job: HistoryJob = {
      cityFile: config.cityFile,
      url: mqttUrl,
      buildings: part.map(({ building, device }) => ({
        building: building.id,
        device: device.id,
        passwordFile: device.passwordFile,
      })),
      fromMs,
      toMs,
    }
    const jobFile = files.historyJob(name)
    writeJson(jobFile, job)
    const child = stack.use(
      children.start({
        name,
        modulePath: path.join(root, 'edge/historyMain.ts'),
        args: [jobFile],
        onMessage: (message) => progress.update(name, message as HistoryMessage),
      }),
    )
    return child.ended.finally(() => rmSync(jobFile, { force: true }))
  })
  const codes = await Promise.race([Promise.all(running), aborted(signal).then(() => 'stopped' as const)])
  await stack.disposeAsync()
  progress.end()
  if (codes === 'stopped') return
  if (codes.some((code) => code !== 0)) {
    throw new Error(
      'The demonstration history could not be made (why stands above). Run "npm start" again: it goes on.',
    )
  }
}

/** One line on the terminal, every two seconds where there is none. */
const reportProgress = (days: number) => {
  const parts = new Map<string, HistoryMessage>()
  const startedMs = performance.now()
  let printedMs = -Infinity
  const seconds = (): string => ((performance.now() - startedMs) / 1000).toFixed(1)
  const sum = (key: 'readings' | 'totalReadings'): number =>
    parts.values().reduce((total, it) => total + it[key], 0)
  const print = (text: string, end: string): void => {
    process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${text}${end}` : `${text}\n`)
  }
  return {
    update(name: string, message: HistoryMessage): void {
      parts.set(name, message)
      if (performance.now() - printedMs < (process.stderr.isTTY ? 100 : 2000)) return
      printedMs = performance.now()
      const share = Math.min(99, Math.floor((100 * sum('readings')) / Math.max(1, sum('totalReadings'))))
      print(
        `Demonstration history of ${days} days: ${share} %, ${sum('readings')} readings stored, ${seconds()} s`,
        '',
      )
    },
    end(): void {
      print(
        `Demonstration history of ${days} days: ${sum('readings')} readings stored in ${seconds()} s`,
        '\n',
      )
    },
  }
}

const writeJson = (file: string, content: unknown): void => {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(content, null, 2), { mode: 0o600 })
}
