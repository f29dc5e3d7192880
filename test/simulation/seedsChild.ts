import { liveSeeds, type Seeds } from './seeds.ts'

/** A share of the seeds in a process of its own; its one argument is `Seeds` as JSON. */
const tally = await liveSeeds(JSON.parse(process.argv[2] ?? '{}') as Seeds)
process.send?.(tally)
process.disconnect?.()
