/** The part of Node-RED's embedding interface that is used here (it ships no types). */
declare module 'node-red' {
  import type { IncomingMessage, Server, ServerResponse } from 'node:http'

  interface NodeRed {
    init(server: Server, settings: object): void
    start(): Promise<void>
    stop(): Promise<void>
    readonly httpAdmin: (request: IncomingMessage, response: ServerResponse) => void
  }
  const RED: NodeRed
  export default RED
}
