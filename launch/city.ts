import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { createQualityJob } from '../analytics/quality/job.ts'
import { createApi } from '../api/app.ts'
import { createFlowsProxy } from '../api/flowsProxy.ts'
import { createHttpServer } from '../api/server.ts'
import { createBroker } from '../broker/createBroker.ts'
import type { CityFile } from '../city/cityFile.ts'
import { NadiError } from '../city/errors.ts'
import { parseCityFile } from '../city/readCityFile.ts'
import type { Config } from '../config.ts'
import { openCatalogue } from '../store/catalogue/open.ts'
import { createForecastStore } from '../store/forecasts.ts'
import { createIntake } from '../store/intake.ts'
import { createQualityStore } from '../store/quality.ts'
import { createPropertyRetention } from '../store/propertyRetention.ts'
import { createReportRetention } from '../store/reportRetention.ts'
import { aborted } from './aborted.ts'
import { openCityTls } from './authority.ts'
import { createBackupMaker } from './backup/createBackup.ts'
import { createChildren, endLeftovers } from './children.ts'
import { startDemonstration } from './demonstration.ts'
import { dataFiles } from './files.ts'
import { openFlowsLink, startFlows } from './flows.ts'
import { lockDataDir } from './lock.ts'
import { openForecasting } from './models.ts'
import { openObservations } from './observations.ts'
import { keyFile } from './secrets.ts'
import { openSetupToken } from './setupToken.ts'

/** A city that serves; disposing closes everything in reverse order. */
export interface City extends AsyncDisposable {
  /** The one line of the contract that begins with `Nadi is ready`. */
  readyLine: string
}

/**
 * Brings up the whole city and resolves once everything serves. Throws, with everything closed again, when a part
 * cannot be started: `invalid-input` for a wrong city file, `port-in-use`, `conflict` for a data folder in use.
 */
export const startCity = async (options: {
  config: Config
  log: Logger
  signal: AbortSignal
}): Promise<City> => {
  const { config, log, signal } = options
  const stack = new AsyncDisposableStack()
  try {
    const readyLine = await start(config, log, signal, stack)
    return { readyLine, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

const start = async (
  config: Config,
  log: Logger,
  signal: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<string> => {
  const city = await readCity(config.cityFile)
  const files = dataFiles(config.dataDir)
  stack.use(lockDataDir(config.dataDir))
  requireWholeRestore(config.dataDir)
  endLeftovers(config.dataDir, log)
  rmSync(files.scratch, { recursive: true, force: true })
  mkdirSync(files.scratch, { recursive: true })

  const catalogue = stack.adopt(openCatalogue({ file: files.catalogue, log }), (it) => it.close())
  const observations = stack.use(await openObservations({ ...config, now: Date.now }, files, log, signal))
  const forecasts = stack.adopt(createForecastStore({ file: files.forecasts }), (it) => it.close())
  const quality = stack.adopt(createQualityStore({ file: files.quality }), (it) => it.close())
  const intake = createIntake({ catalogue, observations, log })
  keyFile(files.adminToken, catalogue, 'administrator', 'command line')
  stack.adopt(createReportRetention({ catalogue, days: config.reportDays, now: Date.now, log }), (it) =>
    it.close(),
  )
  stack.adopt(
    createPropertyRetention({ catalogue, observations, keepDays: config.keepDays, now: Date.now, log }),
    (it) => it.close(),
  )
  const setupToken = catalogue.users.count() === 0 ? openSetupToken(files.setupToken) : undefined

  const qualityJob = stack.use(
    createQualityJob({ catalogue, observations, intake, quality, log, now: Date.now }),
  )
  const { authority, publicCertificate } = stack.use(await openCityTls(config, files.authority, log))
  // Before readings come, so that each is judged as it comes; what was there before is looked at beside them.
  qualityJob
    .start()
    .catch((error: unknown) => log.error({ err: error }, 'quality is not watched until the next start'))
  const metrics = new Registry()
  const broker = stack.use(
    await createBroker({
      catalogue,
      intake,
      observations,
      host: config.mqttHost,
      port: config.mqttPort,
      tls: { host: config.host, port: config.mqttsPort, source: authority.tls },
      log,
      now: Date.now,
      metrics,
    }),
  )
  const forecasting = stack.use(
    await openForecasting({
      city,
      files,
      catalogue,
      observations,
      intake,
      forecasts,
      now: Date.now,
      log,
    }),
  )

  const host = reachableHost(config.host)
  const mqttUrl = `mqtt://${reachableHost(config.mqttHost)}:${broker.port}`
  const mqttsUrl = `mqtts://${host}:${broker.tlsPort}`
  let httpUrl = ''
  let flowsUrl = (): string | undefined => config.flowsUrl
  const link = openFlowsLink(files, catalogue)
  const app = createApi({
    city,
    catalogue,
    observations,
    intake,
    forecasts,
    quality,
    models: forecasting.forApi,
    now: Date.now,
    log,
    language: config.language,
    reportDays: config.reportDays,
    rawDays: config.rawDays,
    keepDays: config.keepDays,
    scratchDir: files.scratch,
    authority,
    addresses: () => ({
      http: httpUrl,
      mqtt: mqttUrl,
      mqtts: mqttsUrl,
      flows: flowsUrl() && `${httpUrl}/flows`,
    }),
    setupToken,
    metrics,
    retryQuarantined: broker.retryQuarantined,
    backup: createBackupMaker({
      dataDir: config.dataDir,
      scratchDir: files.scratch,
      snapshot: observations.snapshot,
      catalogue,
      log,
      now: Date.now,
    }),
  })
  const flowsProxy = createFlowsProxy({ catalogue, url: () => flowsUrl(), token: () => link.token, log })
  const http = stack.use(
    await createHttpServer({
      app,
      host: config.host,
      port: config.httpPort,
      ...(config.tls.http && { tls: (publicCertificate ?? authority).tls }),
      upgrades: { '/mqtt': broker.handleUpgrade, '/flows': flowsProxy.handleUpgrade },
      flowsProxy,
      log,
    }),
  )
  httpUrl = `${config.tls.http ? 'https' : 'http'}://${host}:${http.port}`
  const run = {
    pid: process.pid,
    http: httpUrl,
    mqtt: mqttUrl,
    mqtts: mqttsUrl,
    flows: `${httpUrl}/flows`,
    startedAt: new Date().toISOString(),
  }

  const children = createChildren({ dataDir: config.dataDir, log })
  const flows =
    config.flowsUrl === undefined
      ? startFlows({
          children,
          files,
          link,
          port: config.flowsPort,
          city: { httpUrl, mqttUrl },
          caFile: files.authorityCertificate,
        })
      : undefined
  if (flows) {
    stack.use(flows.child)
    flowsUrl = () => flows.url()
  }
  // Before the agents: eight processes that start at once would take both cores from it.
  await untilFlowsServe(flows?.ready, signal, log)
  stack.use(
    await startDemonstration({
      city,
      config,
      files,
      catalogue,
      children,
      mqttUrl,
      forecasting,
      signal,
      log,
    }),
  )

  writeFileSync(files.run, JSON.stringify(run, null, 2))
  stack.defer(() => rmSync(files.run, { force: true }))
  return [
    `Nadi is ready  ${httpUrl}  ${mqttUrl}  ${mqttsUrl}  ${httpUrl}/flows`,
    ...(setupToken ? [`First administrator, once: ${httpUrl}/setup/${setupToken.token}`] : []),
  ].join('\n')
}

/** A busy port stops the start; a Node-RED that does not come up for another reason does not. */
const untilFlowsServe = async (
  ready: Promise<void> | undefined,
  signal: AbortSignal,
  log: Logger,
): Promise<void> => {
  try {
    await Promise.race([ready, aborted(signal)])
  } catch (error) {
    if (error instanceof NadiError) throw error
    log.error({ err: error }, 'the city runs without flows until Node-RED can be started')
  }
}

/** The address under which this machine itself reaches what listens on `host`, as it stands in a URL. */
const reachableHost = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** A folder that a restore has filled in part would be taken for a whole one. */
const requireWholeRestore = (dataDir: string): void => {
  if (!existsSync(dataFiles(dataDir).restoring)) return
  throw new NadiError(
    'conflict',
    `A restore into ${dataDir} was interrupted. Run "npx nadi restore" again, with --force if it says that the folder is not empty.`,
  )
}

const readCity = async (file: string): Promise<CityFile> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new NadiError(
      'invalid-input',
      `The city file ${file} cannot be read. Set NADI_CITY to a city file.`,
      { cause },
    )
  }
  return parseCityFile(text, file)
}
