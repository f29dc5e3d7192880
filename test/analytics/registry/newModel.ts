import type { NewModel } from '../../../analytics/registry/registry.ts'
import type { HourlySeries } from '../../../analytics/series.ts'

/** A model whose file holds `text`. */
export const newModel = (text: string, more: Partial<NewModel> = {}): NewModel => ({
  property: 'energy',
  building: null,
  name: 'test-model',
  version: '1',
  data: { fingerprint: 'f', series: 1, hours: 24, fromMs: 0, toMs: 86_400_000 },
  codeVersion: '0.1.0',
  trainedAtMs: 5,
  trainingSeconds: 0.5,
  metrics: null,
  reason: 'for a test',
  content: new TextEncoder().encode(text),
  ...more,
})

export const seriesOf = (
  id: string,
  values: readonly number[],
  more: Partial<HourlySeries> = {},
): HourlySeries => ({
  id,
  property: 'energy',
  timeZone: 'Asia/Makassar',
  startMs: 0,
  values: Float64Array.from(values),
  ...more,
})
