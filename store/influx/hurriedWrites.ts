import type { WriteLines } from './writeRequest.ts'

/** How long the server may be silent about a write once everything is to end. */
const ANSWER_WITHIN_MS = 3000

/**
 * Writes as before until `stopping`; from then on one that is not answered within seconds calls `giveUp`. Who sent what
 * it holds waits for an acknowledgement that does not come, keeps it, and sends it again: a server that is frozen must
 * not hold up the end of the city.
 */
export const hurryWhenStopping =
  (write: WriteLines, stopping: AbortSignal, giveUp: () => void): WriteLines =>
  async (request) => {
    let timer: NodeJS.Timeout | undefined
    const hurry = (): void => {
      timer = setTimeout(giveUp, ANSWER_WITHIN_MS)
    }
    if (stopping.aborted) hurry()
    else stopping.addEventListener('abort', hurry, { once: true })
    try {
      return await write(request)
    } finally {
      clearTimeout(timer)
      stopping.removeEventListener('abort', hurry)
    }
  }
