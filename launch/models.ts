import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import { createCitySeries } from '../analytics/citySeries.ts'
import { createForecastJob, type ForecastJob } from '../analytics/forecastJob.ts'
import { FORECAST_MODELS, SERVED_MODEL } from '../analytics/models/index.ts'
import { packagedModel, standInModel } from '../analytics/registry/packaged.ts'
import { createModelRegistry } from '../analytics/registry/registry.ts'
import { createServedModels } from '../analytics/registry/servedModels.ts'
import { createNightly } from '../analytics/retraining/nightly.ts'
import { createRetraining } from '../analytics/retraining/retraining.ts'
import { createTrainings } from '../analytics/retraining/trainings.ts'
import { createWorkerTrainer } from '../analytics/training/workerTrainer.ts'
import type { ApiContext } from '../api/context.ts'
import { createCalendar } from '../city/calendar.ts'
import type { CityFile } from '../city/cityFile.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import { createForecastStore, type ForecastStore } from '../store/forecasts.ts'
import type { Intake } from '../store/intake.ts'
import type { ObservationStore } from '../store/observations.ts'
import type { DataFiles } from './files.ts'

export interface ModelsOptions {
  city: CityFile
  files: DataFiles
  catalogue: Catalogue
  observations: ObservationStore
  intake: Intake
  forecasts: ForecastStore
  now: () => number
  log: Logger
}

/** Everything that forecasts in a city. */
export interface CityForecasting extends AsyncDisposable {
  job: ForecastJob
  forApi: NonNullable<ApiContext['models']>
  /** Judges challengers by what was filled in. */
  judgeNow(): Promise<boolean>
}

/** When few are awake, and after the day that is scored is over. */
const NIGHT = '02:30'

export const openForecasting = async (options: ModelsOptions): Promise<CityForecasting> => {
  const { city, files, catalogue, observations, intake, forecasts, now, log } = options
  const stack = new AsyncDisposableStack()
  try {
    const registry = stack.adopt(createModelRegistry({ folder: files.models, now }), (it) => it.close())
    const challengers = stack.adopt(createForecastStore({ file: files.challengers }), (it) => it.close())
    const issues = { served: forecasts, challengers }
    const series = createCitySeries({ catalogue, observations, calendar: createCalendar(city) })
    const models = await createServedModels({
      registry,
      kinds: FORECAST_MODELS,
      packaged: packagedModel,
      standIn: standInModel,
      log,
    })
    const job = stack.use(createForecastJob({ catalogue, intake, series, models, issues, log }))
    const trainer = stack.use(await createWorkerTrainer())
    const retraining = createRetraining({
      registry,
      models,
      issues,
      series,
      train: (request) => trainer.train(request),
      kind: SERVED_MODEL,
      codeVersion: codeVersion(),
      now,
      log,
      tell: (act) => catalogue.audit.record({ actor: { kind: 'city', id: 'retraining' }, ...act }),
    })
    const trainings = stack.use(createTrainings(retraining))
    stack.use(createNightly({ run: () => retraining.runDaily(), timeZone: city.timeZone, now, at: NIGHT }))
    return {
      job,
      forApi: { registry, models, trainings },
      judgeNow: () => retraining.judgeNow(),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

const codeVersion = (): string => {
  const file = path.resolve(import.meta.dirname, '../package.json')
  return String((JSON.parse(readFileSync(file, 'utf8')) as { version: unknown }).version)
}
