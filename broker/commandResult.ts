const RESULTS: ReadonlySet<unknown> = new Set(['done', 'refused', 'failed', 'expired'])

/** True for what the contract has a device answer to a command: `{"status": "done", "reason"}`. */
export const isCommandResult = (payload: Uint8Array): boolean => {
  try {
    const result: unknown = JSON.parse(Buffer.from(payload).toString())
    return typeof result === 'object' && result !== null && 'status' in result && RESULTS.has(result.status)
  } catch {
    return false
  }
}
