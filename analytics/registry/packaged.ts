import type { ForecastProperty } from '../../store/forecasts.ts'
import { FORECAST_MODELS } from '../models/index.ts'
import type { NewModel } from './registry.ts'

/** The model that ships with Nadi: the mean of the same hour of seven days, which needs no training. */
export const packagedModel = async (property: ForecastProperty): Promise<NewModel> => {
  const model = FORECAST_MODELS['same-hour-mean']
  if (!model) throw new Error('the model that ships is not there')
  const fitted = await model.fit([])
  return {
    property,
    building: null,
    name: fitted.name,
    version: fitted.version,
    data: { fingerprint: 'none', series: 0, hours: 0, fromMs: 0, toMs: 0 },
    codeVersion: fitted.version,
    trainedAtMs: 0,
    trainingSeconds: 0,
    metrics: null,
    reason: 'Ships with Nadi.',
    content: fitted.save(),
  }
}
