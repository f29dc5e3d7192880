import type { Datastream } from './catalogue/catalogue.ts'
import type { BucketQuery } from './observations.ts'

/** The part of a question for buckets that a Datastream answers: who it is, how its values add up, its step. */
export const bucketQueryOf = ({
  id,
  kind,
  longestIntervalSeconds,
}: Datastream): Pick<BucketQuery, 'datastreamId' | 'kind' | 'stepMs'> => ({
  datastreamId: id,
  kind,
  ...(longestIntervalSeconds !== null && { stepMs: longestIntervalSeconds * 1000 }),
})
