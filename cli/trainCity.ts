import { setTimeout as delay } from 'node:timers/promises'
import { NadiError } from '../city/errors.ts'
import { type CityOptions, connectCity } from './city.ts'
import { print, printJson } from './output.ts'
import { createProgress } from './progress.ts'

interface Training {
  id: string
  state: 'running' | 'done' | 'failed'
  progress: { done: number; total: number; what: string }
  models: string[]
  problem: string | null
}

export interface TrainInCityOptions extends CityOptions {
  property: 'energy' | 'occupancy'
  /** Separated by commas; absent: one model for all. */
  buildings: string | undefined
  json: boolean
}

/** Has the running city train a model, and shows how far it is. */
export const trainInCity = async ({
  property,
  buildings,
  json,
  ...at
}: TrainInCityOptions): Promise<void> => {
  const city = connectCity(at)
  const progress = await createProgress()
  let training = await city.post<Training>('/v1/trainings', {
    property,
    buildings: buildings?.split(',').map((id) => id.trim()) ?? null,
  })
  while (training.state === 'running') {
    const { done, total, what } = training.progress
    progress.update(`${what}: ${Math.round((100 * done) / Math.max(1, total))} %`)
    await delay(ASKED_EVERY_MS)
    training = await city.get<Training>(`/v1/trainings/${training.id}`)
  }
  if (training.state === 'failed') {
    progress.failed('No model was trained.')
    throw new NadiError('internal', training.problem ?? 'The city says no reason; its log has it.')
  }
  progress.done(`Trained ${training.models.join(', ')}. "npx nadi models show ID" tells how it does.`)
  if (json) return printJson(training)
  for (const id of training.models) print(id)
}

const ASKED_EVERY_MS = 500
