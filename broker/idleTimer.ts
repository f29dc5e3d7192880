/** Tells when nothing was heard for too long, as long as somebody listens. */
export interface IdleTimer {
  start(ms: number): void
  heard(): void
  stop(): void
}

export interface IdleTimerParts {
  isListening: () => boolean
  onIdle: (ms: number) => void
}

export const createIdleTimer = ({ isListening, onIdle }: IdleTimerParts): IdleTimer => {
  let timer: NodeJS.Timeout | undefined
  return {
    start(ms) {
      timer = setTimeout(() => {
        if (isListening()) onIdle(ms)
        else timer?.refresh()
      }, ms)
      timer.unref()
    },
    heard() {
      timer?.refresh()
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
