/** Progress of a long command, on standard error: a spinner on a terminal, else a plain line every two seconds. */
export interface Progress {
  update(text: string): void
  /** Ends it with a last line. */
  done(text: string): void
  failed(text: string): void
}

const PLAIN_EVERY_MS = 2_000

export const createProgress = async (
  { output, nowMs }: { output: NodeJS.WriteStream; nowMs: () => number } = {
    output: process.stderr,
    nowMs: () => performance.now(),
  },
): Promise<Progress> => {
  if (!output.isTTY) return plainProgress(output, nowMs)
  // Loaded only where it is used: it writes cursor codes into pipes.
  const { spinner } = await import('@clack/prompts')
  const shown = spinner({ output })
  let started = false
  return {
    update(text) {
      if (started) shown.message(text)
      else shown.start(text)
      started = true
    },
    done(text) {
      if (!started) shown.start(text)
      shown.stop(text)
    },
    failed(text) {
      if (!started) shown.start(text)
      shown.error(text)
    },
  }
}

const plainProgress = (output: NodeJS.WritableStream, nowMs: () => number): Progress => {
  let lastMs = -Infinity
  const write = (text: string): void => {
    output.write(`${text}\n`)
  }
  return {
    update(text) {
      if (nowMs() - lastMs < PLAIN_EVERY_MS) return
      lastMs = nowMs()
      write(text)
    },
    done: write,
    failed: write,
  }
}
