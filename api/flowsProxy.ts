import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { createProxyServer, proxyUpgrade } from 'httpxy'
import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import { authenticate, hasRole, refusal } from './auth.ts'
import { toProblem } from './problem.ts'
import type { UpgradeHandler } from './server.ts'

/**
 * The way to Node-RED, which listens on this machine alone and answers only who bears its token: operators and
 * administrators pass with it, nobody else does, and nobody brings a token or a forwarded address of their own.
 */
export interface FlowsProxy {
  handle: (request: IncomingMessage, response: ServerResponse) => void
  handleUpgrade: UpgradeHandler
}

export interface FlowsProxyOptions {
  catalogue: Catalogue
  /** Where Node-RED listens, once it does. */
  url: () => string | undefined
  token: () => string
  log: Logger
  now?: () => number
}

const TOKEN_HEADER = 'x-nadi-flows-token'
const ROLES = ['operator'] as const

/** Headers that only this proxy may set, and logins that are none of Node-RED's business. */
const STRIPPED = /^(?:x-nadi-.*|x-forwarded-.*|x-real-ip|forwarded|authorization|proxy-.*|cookie)$/

export const createFlowsProxy = (options: FlowsProxyOptions): FlowsProxy => {
  const { catalogue, url, token, log, now = Date.now } = options
  const proxy = createProxyServer({ xfwd: true, changeOrigin: true })

  /** Node-RED's address, when the request may go there; throws what is to be answered otherwise. */
  const admit = (request: IncomingMessage): string => {
    const { authorization, cookie } = request.headers
    const principal = authenticate({ catalogue, now }, { authorization, cookie })
    if (!hasRole(principal, ROLES)) throw refusal(principal, ROLES)
    const target = url()
    if (target === undefined) throw unavailable()
    for (const name of Object.keys(request.headers)) if (STRIPPED.test(name)) delete request.headers[name]
    return target
  }

  return {
    handle(request, response) {
      try {
        const target = admit(request)
        const gone = (cause: unknown): void => {
          log.debug({ err: cause }, 'Node-RED did not answer')
          if (response.headersSent) response.destroy()
          else answerProblem(response, unavailable())
        }
        proxy.web(request, response, { target, headers: { [TOKEN_HEADER]: token() } }).catch(gone)
      } catch (error) {
        if (isLoginNeeded(error) && wantsPage(request)) redirectToLogin(response)
        else answerProblem(response, error)
      }
    },
    handleUpgrade(request, socket, head) {
      try {
        if (!isSameOrigin(request))
          throw new NadiError('forbidden', 'Open the editor from the city’s own page.')
        const target = admit(request)
        // An upgrade always comes on the connection's own socket.
        if (!(socket instanceof Socket))
          throw new NadiError('internal', 'This connection cannot be upgraded.')
        proxyUpgrade(target, request, socket, head, {
          xfwd: true,
          changeOrigin: true,
          headers: { [TOKEN_HEADER]: token() },
        }).catch((error: unknown) => {
          log.debug({ err: error }, 'the editor’s connection failed')
          socket.destroy()
        })
      } catch (error) {
        const { status, title } = toProblem(error)
        socket.end(`HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      }
    },
  }
}

const unavailable = (): NadiError =>
  new NadiError('store-unavailable', 'Node-RED is not running at the moment. Try again in a few seconds.')

const isLoginNeeded = (error: unknown): boolean =>
  error instanceof NadiError && error.code === 'unauthenticated'

const wantsPage = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.authorization === undefined && (headers.accept ?? '').includes('text/html')

const redirectToLogin = (response: ServerResponse): void => {
  response.writeHead(303, { location: '/login?next=/flows/', 'cache-control': 'no-store' }).end()
}

const answerProblem = (response: ServerResponse, error: unknown): void => {
  const problem = toProblem(error)
  response
    .writeHead(problem.status, {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(JSON.stringify(problem))
}

/** A page of another site must not open the editor's channel with this browser's session. */
const isSameOrigin = ({ headers }: IncomingMessage): boolean =>
  headers.origin === undefined ||
  (URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host)
