import { z } from '@hono/zod-openapi'
import { time } from './adminPages.ts'

/** What the routes of models read and answer. */
export const property = z.enum(['energy', 'occupancy'])
const building = z.string().regex(/^[a-z0-9-]{1,200}$/, 'a building id like "shared-office"')

export const modelId = z
  .string()
  .regex(/^[0-9a-f]{12}$/, 'the id of a model, as "npx nadi models list" shows it')
  .openapi({ example: '3f2a9c1d77e0' })

const metrics = z
  .object({
    nrmse: z.number().openapi({
      description: 'Root mean square error of the medians in per cent of the mean: the median over buildings',
    }),
    pinball: z.number().openapi({
      description: 'Mean pinball loss of the quantiles in per cent of the mean: the mean over buildings',
    }),
    coverage80: z.number(),
    buildings: z.number().int(),
    days: z.number().int(),
  })
  .openapi('ModelMetrics')

export const modelEntry = z
  .object({
    id: z.string(),
    property,
    building: z.string().nullable().openapi({ description: 'Null: for all buildings' }),
    name: z.string(),
    version: z.string(),
    issuedVersion: z.string().openapi({ description: 'As it stands with the forecasts that it issued' }),
    state: z.enum(['champion', 'challenger', 'retired', 'refused']),
    reason: z.string().openapi({ description: 'Why it is in this state, in words and figures' }),
    stateSince: time,
    data: z.object({
      fingerprint: z.string(),
      series: z.number().int(),
      hours: z.number().int(),
      from: time,
      to: time,
    }),
    codeVersion: z.string(),
    trainedAt: time,
    trainingSeconds: z.number(),
    metrics: metrics.nullable().openapi({ description: 'On days that were held back from training' }),
    bytes: z.number().int(),
    sha256: z.string(),
  })
  .openapi('Model')

export const modelDetail = modelEntry
  .extend({
    newest: metrics.nullable().openapi({ description: 'On the newest 30 days that it was scored on' }),
    events: z.array(z.object({ at: time, state: z.string(), reason: z.string() })),
  })
  .openapi('ModelDetail')

export const comparison = z
  .object({
    days: z.number().int(),
    buildings: z.number().int(),
    models: z.array(z.object({ id: z.string(), metrics: metrics.nullable() })),
    gain: z.number().nullable().openapi({
      description: 'Share by which the pinball loss of the second is lower; negative: higher',
    }),
  })
  .openapi('ModelComparison')

export const rollback = z.strictObject({
  property,
  building: building.nullable().default(null),
  reason: z.string().trim().min(1).max(500).default('By hand.'),
})

export const newTraining = z.strictObject({
  property,
  buildings: z
    .array(building)
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .openapi({ description: 'A model of its own for each; null: one for all' }),
})

export const training = z
  .object({
    id: z.string(),
    property,
    buildings: z.array(z.string()).nullable(),
    state: z.enum(['running', 'done', 'failed']),
    progress: z.object({ done: z.number(), total: z.number(), what: z.string() }),
    models: z.array(z.string()),
    problem: z.string().nullable(),
  })
  .openapi('Training')
