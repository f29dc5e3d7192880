import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { commandLine } from '../support/commandLine.ts'
import { isPlant, PLANTS, type Plant } from './plants.ts'
import type { Tally } from './seeds.ts'
import { simulate } from './simulate.ts'

/**
 * `npm run test:simulation`: agents, network, broker and store in worlds of their own, thousands of them. Exit codes:
 * 0 all promises kept, 1 one was broken (with the seed that tells it again), 2 wrong use.
 */
const USAGE = `npm run test:simulation -- [--seeds N] [--first S] [--seed S] [--plant BUG]

--seeds  how many worlds (default 10000), from --first on (default 1)
--seed   one world, its story told event by event
--plant  with a bug in the wiring: ${PLANTS.join(', ')}
`

const { read, wholeNumber, wrongUse } = commandLine(USAGE)

const tellOne = async (seed: number, plant: Plant | undefined): Promise<boolean> => {
  const { story, broken, ...counts } = await simulate(seed, { plant, tells: true })
  process.stdout.write(`${story.join('\n')}\n\n${JSON.stringify(counts)}\n`)
  for (const promise of broken) process.stdout.write(`BROKEN: ${promise}\n`)
  return broken.length === 0
}

/** Shares the seeds among processes: one for each core. */
const liveAll = async (first: number, seeds: number, plant: Plant | undefined): Promise<boolean> => {
  const startedMs = performance.now()
  const parts = Math.min(availableParallelism(), seeds)
  const tallies: Tally[] = []
  const children = Array.from({ length: parts }, (_, part) => {
    const child = fork(path.join(import.meta.dirname, 'seedsChild.ts'), [
      JSON.stringify({ first: first + part, step: parts, end: first + seeds, plant }),
    ])
    child.on('message', (tally: Tally) => tallies.push(tally))
    return child
  })
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number))
  const broken = tallies.flatMap((tally) => tally.broken).toSorted((a, b) => a.seed - b.seed)
  for (const { seed, promises } of broken.slice(0, 10)) {
    process.stdout.write(`seed ${seed}: ${promises.join('; ')}\n`)
  }
  const [worst] = broken
  if (worst) {
    process.stdout.write(`\nTold again by: npm run test:simulation -- --seed ${worst.seed}`)
    process.stdout.write(plant === undefined ? '\n' : ` --plant ${plant}\n`)
  }
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, it) => total + of(it), 0)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  process.stdout.write(
    `${sum((it) => it.lived)} worlds in ${seconds} s: ${sum((it) => it.given)} readings given, ${sum((it) => it.acknowledged)} acknowledged, ${sum((it) => it.dropped)} dropped and counted, ${sum((it) => it.rejected)} rejected; ${broken.length} with a broken promise\n`,
  )
  return broken.length === 0 && codes.every((code) => code === 0)
}

const { seeds, first, seed, plant } = read({
  seeds: { type: 'string', default: '10000' },
  first: { type: 'string', default: '1' },
  seed: { type: 'string' },
  plant: { type: 'string' },
}).values
if (plant !== undefined && !isPlant(plant)) wrongUse(`There is no planted bug "${plant}".`)
const planted = plant !== undefined && isPlant(plant) ? plant : undefined
const isWell =
  seed === undefined
    ? await liveAll(wholeNumber('first', first), wholeNumber('seeds', seeds), planted)
    : await tellOne(wholeNumber('seed', seed), planted)
process.exitCode = isWell ? 0 : 1
