import { timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, type Server, createServer } from 'node:http'

/** The header by which the city's proxy shows that it has checked the visitor's login. */
export const GATE_HEADER = 'x-nadi-flows-token'

/**
 * An HTTP server that lets nothing through to `inner` (Node-RED's own server, which never listens itself), WebSocket
 * upgrades included, unless the request carries the token: other programs on this machine reach the port as well.
 */
export const createGate = (inner: Server, token: string): Server => {
  const expected = Buffer.from(token)
  const allowed = ({ headers }: IncomingMessage): boolean => {
    const given = Buffer.from(String(headers[GATE_HEADER] ?? ''))
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
  const gate = createServer((request, response) => {
    if (allowed(request)) {
      inner.emit('request', request, response)
      return
    }
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('Open Node-RED through the city: its address ends in /flows and asks for a login.\n')
  })
  gate.on('upgrade', (request, socket, head) => {
    if (allowed(request)) inner.emit('upgrade', request, socket, head)
    else socket.destroy()
  })
  return gate
}
