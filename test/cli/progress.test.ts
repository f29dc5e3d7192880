import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createProgress } from '../../cli/progress.ts'

describe('progress without a terminal', () => {
  it('writes at most one plain line every two seconds, and always the last one', async () => {
    const output = new PassThrough() as PassThrough & NodeJS.WriteStream
    let nowMs = 0
    const progress = await createProgress({ output, nowMs: () => nowMs })
    for (nowMs = 0; nowMs < 5_000; nowMs += 100) progress.update(`at ${nowMs}`)
    progress.done('done')
    output.end()
    expect(await text(output)).toBe('at 0\nat 2000\nat 4000\ndone\n')
  })
})
