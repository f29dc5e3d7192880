/**
 * Who has streams open, so that each client gets a few and nobody takes them all.
 */
export interface OpenStreams {
  /** Counts one more for the client; gives the function that counts it down, undefined when there are enough. */
  open(client: string): (() => void) | undefined
}

/** @param limits streams at once: of one client, and of all together */
export const createOpenStreams = (limits: { ofClient: number; ofAll: number }): OpenStreams => {
  const counts = new Map<string, number>()
  let all = 0
  return {
    open(client) {
      const count = counts.get(client) ?? 0
      if (all >= limits.ofAll || count >= limits.ofClient) return undefined
      all += 1
      counts.set(client, count + 1)
      return () => {
        all -= 1
        const left = (counts.get(client) ?? 1) - 1
        if (left > 0) counts.set(client, left)
        else counts.delete(client)
      }
    },
  }
}
