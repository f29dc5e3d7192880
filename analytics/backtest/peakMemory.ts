/** Watches this process's resident memory from its start to `stop`. */
export interface PeakMemory {
  /** Called where memory is likely to stand high; an interval samples in between. */
  sample(): void
  /** The peak in MB (1,000,000 bytes). */
  stop(): number
}

const SAMPLE_EVERY_MS = 250

export const watchPeakMemory = (): PeakMemory => {
  const greatestBefore = process.resourceUsage().maxRSS
  let peakBytes = 0
  const sample = (): void => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }
  const timer = setInterval(sample, SAMPLE_EVERY_MS)
  timer.unref()
  sample()
  return {
    sample,
    stop() {
      clearInterval(timer)
      sample()
      // What the system itself has seen counts where it rose meanwhile: no sample is taken while a model computes.
      const greatest = process.resourceUsage().maxRSS
      return Math.max(peakBytes, greatest > greatestBefore ? greatest * 1024 : 0) / 1e6
    },
  }
}
