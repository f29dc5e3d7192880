import { WEIGHT_NAMES, type Weights, mapWeights } from './shape.ts'

/** Adam (Kingma and Ba 2015) with decoupled decay of the weights (Loshchilov and Hutter 2019), in place. */
export const createAdam = (weights: Weights): ((gradient: Weights, rate: number) => void) => {
  const first = mapWeights((_, length) => new Float32Array(length))
  const second = mapWeights((_, length) => new Float32Array(length))
  let steps = 0
  return (gradient, rate) => {
    steps += 1
    const correction = Math.sqrt(1 - SECOND_DECAY ** steps) / (1 - FIRST_DECAY ** steps)
    for (const name of WEIGHT_NAMES) {
      const [w, g, m, v] = [weights[name], gradient[name], first[name], second[name]]
      for (let i = 0; i < w.length; i += 1) {
        m[i] = FIRST_DECAY * m[i]! + (1 - FIRST_DECAY) * g[i]!
        v[i] = SECOND_DECAY * v[i]! + (1 - SECOND_DECAY) * g[i]! ** 2
        w[i]! -= rate * ((correction * m[i]!) / (Math.sqrt(v[i]!) + SMALL) + WEIGHT_DECAY * w[i]!)
      }
    }
  }
}

const FIRST_DECAY = 0.9
const SECOND_DECAY = 0.999
const SMALL = 1e-8
const WEIGHT_DECAY = 1e-3

/** Share of the highest rate at `done` of `total` steps: a short warm-up, then a half cosine to zero. */
export const rateAt = (done: number, total: number): number => {
  const warmUp = Math.max(1, Math.ceil(0.06 * total))
  return done < warmUp
    ? (done + 1) / warmUp
    : 0.5 * (1 + Math.cos((Math.PI * (done - warmUp)) / Math.max(1, total - warmUp)))
}
