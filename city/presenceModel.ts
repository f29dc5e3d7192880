import { z } from 'zod'
import { NadiError } from './errors.ts'
import { presenceFeatureNames } from './presence.ts'

/**
 * The file of a presence model: JSON that a person can read, made by `nadi train --property presence`, run by the edge
 * agent. Dense layers from features to one number, the log-odds that somebody is there.
 */
const finite = z.number()

const layer = z
  .object({
    units: z.int().min(1).max(256),
    /** Row-major, `[inputs x units]`. */
    weights: z.array(finite),
    bias: z.array(finite),
  })
  .strict()

const schema = z
  .object({
    kind: z.literal('nadi-presence'),
    version: z.literal(1),
    withLight: z.boolean(),
    features: z.array(z.string()).min(1),
    /** Features minus `mean`, divided by `scale`, go into the first layer. */
    mean: z.array(finite),
    scale: z.array(z.number().positive()),
    /** Hidden layers end in tanh, the last in nothing. */
    layers: z.array(layer).min(1).max(8),
    /** Somebody is there from this probability on. */
    threshold: z.number().gt(0).lt(1),
    training: z
      .object({
        source: z.string(),
        examples: z.int().nonnegative(),
        from: z.string(),
        to: z.string(),
        seed: z.int(),
      })
      .strict(),
  })
  .strict()

export type PresenceModel = z.infer<typeof schema>

/** Standardised features beyond this are taken as this: what training never met must not decide by its size. */
export const FARTHEST_FEATURE = 6

/** The model in `text`. `file` is only named. Throws `invalid-input` with the reason when it is none, or not of this Nadi. */
export const readPresenceModel = (text: string, file: string): PresenceModel => {
  const refuse = (reason: string, cause?: unknown): NadiError =>
    new NadiError(
      'invalid-input',
      `${file} is no presence model: ${reason}. Make one with "nadi train --property presence".`,
      { cause },
    )
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw refuse('it is not JSON, or not to its end', cause)
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refuse(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is wrong'}`)
  }
  const model = parsed.data
  const names = presenceFeatureNames(model.withLight)
  if (names.join() !== model.features.join()) throw refuse('it was made for other features')
  let inputs = names.length
  if (model.mean.length !== inputs || model.scale.length !== inputs) {
    throw refuse(`mean and scale need ${inputs} numbers`)
  }
  for (const [index, { units, weights, bias }] of model.layers.entries()) {
    if (weights.length !== inputs * units || bias.length !== units) {
      throw refuse(`layer ${index + 1} needs ${inputs * units} weights and ${units} biases`)
    }
    inputs = units
  }
  if (inputs !== 1) throw refuse('its last layer must give one number')
  return model
}

/** Features as the first layer takes them. */
export const standardised = ({ mean, scale }: PresenceModel, features: Float64Array): Float64Array =>
  features.map((value, index) => {
    const z = (value - (mean[index] ?? 0)) / (scale[index] ?? 1)
    return Math.min(Math.max(z, -FARTHEST_FEATURE), FARTHEST_FEATURE)
  })
