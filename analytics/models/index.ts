import type { ForecastModel } from '../forecastModel.ts'
import { nadi } from './nadi.ts'
import { network } from './network/network.ts'
import { ridge } from './ridge/ridge.ts'
import { SEASONAL_MODELS } from './seasonal.ts'

/** Every model that there is, by name. A new model is one file and one line here. */
export const FORECAST_MODELS: Readonly<Record<string, ForecastModel>> = Object.fromEntries(
  [...SEASONAL_MODELS, ridge, network, nadi].map((model) => [model.name, model]),
)

/** The models that a backtest runs when none is named. */
export const DEFAULT_MODELS: readonly string[] = ['nadi', ...SEASONAL_MODELS.map(({ name }) => name)].filter(
  (name) => Object.hasOwn(FORECAST_MODELS, name),
)

/** The kind of model that the city serves and trains. */
export const SERVED_MODEL = 'nadi'
