import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ForecastProperty } from '../../store/forecasts.ts'

/**
 * The bytes of the model that ships with Nadi, a `nadi` to be loaded as any other: it forecasts a building that it never
 * saw from two weeks of data. `MODEL_CARD.md` says from what it was learned and what it cannot do; `npm run pretrain`
 * makes it.
 */
export const pretrainedModel = (property: ForecastProperty): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`${property}.nadi`, import.meta.url))))
