import { beforeAll, describe, expect, it } from 'vitest'
import { createBackend } from '../../analytics/backend.ts'
import type { FittedModel } from '../../analytics/forecastModel.ts'
import { ALIGNED_HOURS } from '../../analytics/features/aligned.ts'
import {
  CONTEXT_UNITS,
  HOUR_UNITS,
  disposeTensors,
  gradientOf,
  outputsOf,
  toTensors,
} from '../../analytics/models/network/layers.ts'
import { network } from '../../analytics/models/network/network.ts'
import {
  pinballOf,
  writePinballGradient,
  writeQuantiles,
} from '../../analytics/models/network/quantileHead.ts'
import { INPUTS, firstWeights, mapWeights } from '../../analytics/models/network/shape.ts'
import { LEVELS } from '../../analytics/quantiles.ts'
import { until } from '../../analytics/series.ts'
import { createRandom, normalFrom } from '../../analytics/training/random.ts'
import { madeUpOffice, msOfHour } from './madeUp.ts'

describe('the gradient written by hand', () => {
  const random = createRandom(5)
  const batch = {
    count: 2,
    inputs: Float32Array.from({ length: 2 * 24 * INPUTS }, () => normalFrom(random)),
    aligned: Float32Array.from({ length: 2 * ALIGNED_HOURS }, () => normalFrom(random)),
  }
  const everyUnit = {
    hour: new Float32Array(2 * 24 * HOUR_UNITS).fill(1),
    context: new Float32Array(2 * CONTEXT_UNITS).fill(1),
  }

  it('is that of a sum of outputs by small differences, for some weights of every layer', async () => {
    const backend = await createBackend({ candidates: ['cpu'] })
    const weights = firstWeights(random)
    const factors = Float32Array.from({ length: 2 * 24 * LEVELS }, () => normalFrom(random))
    const valueAt = (changed: typeof weights): number => {
      const tensors = toTensors(backend, changed)
      const outputs = outputsOf(backend, tensors, batch)
      disposeTensors(tensors)
      return outputs.reduce((sum, output, i) => sum + output * factors[i]!, 0)
    }
    const tensors = toTensors(backend, weights)
    const gradient = gradientOf(backend, tensors, batch, everyUnit, () => factors)
    disposeTensors(tensors)
    for (const name of Object.keys(weights) as (keyof typeof weights)[]) {
      const at = Math.floor(random() * weights[name].length)
      const moved = (by: number) =>
        mapWeights((other) => {
          const copy = weights[other].slice()
          if (other === name) copy[at]! += by
          return copy
        })
      const step = 2e-3
      const slope = (valueAt(moved(step)) - valueAt(moved(-step))) / (2 * step)
      expect(Math.abs(gradient[name][at]! - slope), name).toBeLessThan(0.02 * Math.abs(slope) + 0.02)
    }
  })

  it('is that of the pinball loss by small differences, and quantiles never cross', () => {
    const quantiles = new Float64Array(LEVELS)
    for (let round = 0; round < 50; round += 1) {
      const outputs = Float32Array.from({ length: LEVELS }, () => 2 * normalFrom(random))
      const target = 2 * normalFrom(random)
      const lossAt = (i: number, by: number): number => {
        const moved = outputs.slice()
        moved[i]! += by
        writeQuantiles(moved, 0, quantiles)
        const missed = Math.abs(quantiles[4]! - target)
        const squared = missed < 1 ? missed ** 2 / 2 : missed - 0.5
        return pinballOf(quantiles, target) + (0.5 * squared) / LEVELS
      }
      writeQuantiles(outputs, 0, quantiles)
      expect([...quantiles]).toEqual([...quantiles].toSorted((a, b) => a - b))
      // A difference across the corner of the loss says nothing of its slope.
      if (quantiles.some((quantile) => Math.abs(quantile - target) < 0.01)) continue
      const gradient = new Float32Array(LEVELS)
      writePinballGradient(outputs, quantiles, 0, target, 1, gradient)
      for (let i = 0; i < LEVELS; i += 1)
        expect(gradient[i]).toBeCloseTo((lossAt(i, 1e-3) - lossAt(i, -1e-3)) / 2e-3, 2)
    }
  })
})

describe('the network', () => {
  const offices = [1, 2].map((seed) => madeUpOffice({ id: `office-${seed}`, seed, days: 130 }))
  const training = offices.map((office) => until(office, msOfHour(office, 100 * 24)))
  const inputs = offices.map((history) => ({ history, horizonHours: 48 }))
  let fitted: FittedModel

  beforeAll(async () => {
    fitted = await network.fit(training)
  })

  it('gives the same forecast on WebAssembly and in plain JavaScript, to a thousandth', async () => {
    const bytes = fitted.save()
    const by = async (name: 'wasm' | 'cpu'): Promise<Float64Array> => {
      const backend = await createBackend({ candidates: [name] })
      expect(backend.name).toBe(name)
      expect(backend.tf.getBackend()).toBe(name)
      return (await network.load(bytes)).predict(inputs)[0]!
    }
    const [wasm, cpu] = [await by('wasm'), await by('cpu')]
    for (const [i, value] of wasm.entries()) expect(Math.abs(value / cpu[i]! - 1)).toBeLessThan(1e-3)
  })

  it('is the same again with the same seed', async () => {
    expect((await network.fit(training)).save()).toEqual(fitted.save())
  })

  it('forecasts an office that it never saw better than the week before does', () => {
    const other = madeUpOffice({ id: 'new', seed: 99, days: 100 })
    let [own, week] = [0, 0]
    for (let day = 70; day < 98; day += 1) {
      const [quantiles] = fitted.predict([
        { history: until(other, msOfHour(other, day * 24)), horizonHours: 24 },
      ])
      for (let hour = 0; hour < 24; hour += 1) {
        const truth = other.values[day * 24 + hour]!
        own += (truth - quantiles![hour * 9 + 4]!) ** 2
        week += (truth - other.values[day * 24 + hour - 168]!) ** 2
      }
    }
    expect(Math.sqrt(own)).toBeLessThan(0.85 * Math.sqrt(week))
  })

  it('keeps its weights when it is fitted on from another, and learns what a building adds', async () => {
    const odd = madeUpOffice({ id: 'odd', days: 130, isHoliday: (day) => day % 7 === 3 })
    const tuned = await network.fit([odd], { from: fitted })
    const forNew = [{ history: { ...offices[0]!, id: 'unknown' }, horizonHours: 24 }]
    expect(tuned.predict(forNew)).toEqual(fitted.predict(forNew))
  })

  it('stops when it is told to', async () => {
    const abort = new AbortController()
    const fit = network.fit(training, {
      signal: abort.signal,
      onProgress: (done) => done > 4 && abort.abort(new Error('enough')),
    })
    await expect(fit).rejects.toThrow('enough')
  })
})
