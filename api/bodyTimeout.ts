import type { IncomingMessage, ServerResponse } from 'node:http'

/** How long a body may take to arrive, in milliseconds. */
export interface BodyTimeout {
  /** In all, for bodies that fit into memory. */
  wholeMs: number
  /** Without any new byte, for files of any length. */
  idleMs: number
}

export const BODY_TIMEOUT: BodyTimeout = { wholeMs: 60_000, idleMs: 60_000 }

/**
 * Cuts the connection of a client whose body does not arrive: 408 when nothing has been answered yet. Node's own
 * limit is one for all requests, which a file over a slow line outlasts.
 */
export const watchBody = (
  request: IncomingMessage,
  response: ServerResponse,
  { isFile, timeout }: { isFile: boolean; timeout: BodyTimeout },
): void => {
  const { headers, socket } = request
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return
  let seenBytes = socket.bytesRead
  const check = (): void => {
    if (request.complete || socket.destroyed) return clearInterval(timer)
    if (isFile && socket.bytesRead > seenBytes) {
      seenBytes = socket.bytesRead
      return
    }
    clearInterval(timer)
    if (response.headersSent) socket.destroy()
    else socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n', () => socket.destroy())
  }
  // Goes on after the answer: a client that was refused may still be sending.
  const timer = setInterval(check, isFile ? timeout.idleMs : timeout.wholeMs)
  timer.unref()
}
