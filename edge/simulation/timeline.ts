import type { BuildingModel, BuildingState } from './buildingModel.ts'
import type { ZoneState } from './zone.ts'

/**
 * A building's course, the same for whoever looks at it, whenever they begin: the model runs from a fixed epoch in
 * steps of a quarter of an hour, and between two steps the course is the straight line. So registers never fall, and
 * history, live and every restart agree, with no file to keep.
 */
export interface Timeline {
  /** The state at a time; times must not go back. */
  at(timeMs: number): BuildingState
}

export const GRID_MS = 900_000
/** 1 January 2026, 00.00 in WITA. A later start runs through all of it first: about 0.1 s for a year. */
export const DEFAULT_EPOCH_MS = Date.UTC(2025, 11, 31, 16)
const WARM_UP_MS = 86_400_000

/**
 * `fromMs` is the first time that will be asked. Before the epoch the course runs towards it: registers end there at
 * the epoch's reading (a long history may begin below zero).
 */
export const createTimeline = (options: {
  model: BuildingModel
  fromMs: number
  epochMs?: number
}): Timeline => {
  const { model, fromMs, epochMs = DEFAULT_EPOCH_MS } = options
  const epoch = model.initial(epochMs)
  let before: BuildingState
  if (fromMs >= epochMs) before = epoch
  else before = startBefore(model, fromMs, epoch)
  let after = model.step(before, GRID_MS)

  return {
    at(timeMs) {
      while (after.timeMs <= timeMs) {
        before = after.timeMs === epochMs ? epoch : after
        after = model.step(before, GRID_MS)
      }
      return between(before, after, (timeMs - before.timeMs) / GRID_MS)
    },
  }
}

/** The state a day before `fromMs`, its registers set so that they reach the epoch's. */
const startBefore = (model: BuildingModel, fromMs: number, epoch: BuildingState): BuildingState => {
  const steps = Math.ceil((epoch.timeMs - fromMs + WARM_UP_MS) / GRID_MS)
  const start = model.initial(epoch.timeMs - steps * GRID_MS)
  let end = start
  for (let i = 0; i < steps; i++) end = model.step(end, GRID_MS)
  return {
    ...start,
    energyKwh: start.energyKwh - (end.energyKwh - epoch.energyKwh),
    waterCubicMetres: start.waterCubicMetres - (end.waterCubicMetres - epoch.waterCubicMetres),
  }
}

const between = (before: BuildingState, after: BuildingState, share: number): BuildingState => {
  const mix = (a: number, b: number): number => a + (b - a) * share
  return {
    timeMs: mix(before.timeMs, after.timeMs),
    outdoor: {
      temperatureCelsius: mix(before.outdoor.temperatureCelsius, after.outdoor.temperatureCelsius),
      humidityRatio: mix(before.outdoor.humidityRatio, after.outdoor.humidityRatio),
      solarWattsPerSquareMetre: mix(
        before.outdoor.solarWattsPerSquareMetre,
        after.outdoor.solarWattsPerSquareMetre,
      ),
    },
    zones: before.zones.map((zone, index) => zoneBetween(zone, after.zones[index] ?? zone, mix)),
    people: mix(before.people, after.people),
    // A mean over the step is true all along it, as the register's slope is.
    powerWatts: after.powerWatts,
    energyKwh: mix(before.energyKwh, after.energyKwh),
    waterCubicMetres: mix(before.waterCubicMetres, after.waterCubicMetres),
  }
}

const zoneBetween = (a: ZoneState, b: ZoneState, mix: (a: number, b: number) => number): ZoneState => ({
  temperatureCelsius: mix(a.temperatureCelsius, b.temperatureCelsius),
  humidityRatio: mix(a.humidityRatio, b.humidityRatio),
  co2Ppm: mix(a.co2Ppm, b.co2Ppm),
  people: mix(a.people, b.people),
  ventilationPercent: mix(a.ventilationPercent, b.ventilationPercent),
  setpointCelsius: a.setpointCelsius,
  illuminanceLux: mix(a.illuminanceLux, b.illuminanceLux),
  powerWatts: b.powerWatts,
})
