import type { FittedModel, ForecastInput } from '../forecastModel.ts'

/** An earlier issue for the same series, `[hours x 9]` as it was issued. */
export interface PastIssue {
  issuedAtMs: number
  quantiles: Float64Array
}

/** What is issued: the quantiles of each hour ahead. */
export const issueForecasts = (
  fitted: FittedModel,
  inputs: readonly { input: ForecastInput; past: readonly PastIssue[] }[],
): { hours: Float64Array }[] => fitted.predict(inputs.map(({ input }) => input)).map((hours) => ({ hours }))
