/** Calls something each night at a local time, until it is closed. */
export interface Nightly extends AsyncDisposable {
  /** Resolves when the call under way has ended. */
  close(): Promise<void>
}

export interface NightlyOptions {
  run: () => Promise<void>
  timeZone: string
  now: () => number
  /** A local time, `02:30`. */
  at: string
  setTimer?: (run: () => void, afterMs: number) => { clear(): void }
}

/** `run` must not throw. A night that fell into a standstill of the machine is made up for once. */
export const createNightly = ({ run, timeZone, now, at, setTimer = timer }: NightlyOptions): Nightly => {
  let running: Promise<void> = Promise.resolve()
  let pending = { clear: (): void => undefined }
  let closed = false
  const schedule = (): void => {
    pending = setTimer(
      () => {
        running = run().finally(() => {
          if (!closed) schedule()
        })
      },
      nextTimeMs(now(), at, timeZone) - now(),
    )
  }
  schedule()
  const close = async (): Promise<void> => {
    closed = true
    pending.clear()
    await running
  }
  return { close, [Symbol.asyncDispose]: close }
}

/** The next instant after `afterMs` at which clocks in the zone show `at`; where they skip it, the one that they show then. */
export const nextTimeMs = (afterMs: number, at: string, timeZone: string): number => {
  const today = Temporal.Instant.fromEpochMilliseconds(afterMs).toZonedDateTimeISO(timeZone).toPlainDate()
  for (let date = today; ; date = date.add({ days: 1 })) {
    const atMs = date.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(at) }).epochMilliseconds
    if (atMs > afterMs) return atMs
  }
}

const timer = (run: () => void, afterMs: number): { clear(): void } => {
  const handle = setTimeout(run, afterMs)
  // A city that has nothing else to do may end.
  handle.unref()
  return { clear: () => clearTimeout(handle) }
}
