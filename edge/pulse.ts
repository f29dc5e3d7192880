/** Lets many wait for the next time that something happens. */
export interface Pulse {
  /** Resolves at the next `beat`. */
  next(): Promise<void>
  beat(): void
}

export const createPulse = (): Pulse => {
  let current = Promise.withResolvers<void>()
  return {
    next: () => current.promise,
    beat() {
      const beaten = current
      current = Promise.withResolvers<void>()
      beaten.resolve()
    },
  }
}
