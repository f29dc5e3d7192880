import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import type { Load, LoadResult } from './load.ts'

export type { Load, LoadResult }

/** Runs the load generator, in a process of its own, to its end. */
export const generate = (load: Load): Promise<LoadResult> => startLoad(load).result

/** The same, told where it is under way. */
export const startLoad = (load: Load): { child: ChildProcess; result: Promise<LoadResult> } => {
  const child = fork(path.join(import.meta.dirname, 'load.ts'), {
    execArgv: [],
    serialization: 'advanced',
  })
  const result = new Promise<LoadResult>((resolve, reject) => {
    child.once('message', (message: LoadResult) => resolve(message))
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`the load generator ended with ${code}`))
    })
  })
  child.send(load)
  return { child, result }
}
