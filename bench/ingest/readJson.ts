import { Agent, get } from 'node:http'
import { json, text } from 'node:stream/consumers'

/**
 * Asks over one kept connection with as little of its own as can be: the time of a reader who polls must not be that
 * of its client (`fetch` took as long as the answer). Every system's reader is this one.
 */
export const createJsonReader = () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> =>
    new Promise((resolve, reject) => {
      get(url, { agent, headers }, (response) => {
        const status = response.statusCode ?? 0
        const read = status === 200 ? json(response) : text(response)
        read.then((body) => resolve({ status, body }), reject)
      }).on('error', reject)
    })
}
