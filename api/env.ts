import { OpenAPIHono } from '@hono/zod-openapi'
import type { Role } from '../city/roles.ts'
import { refuseInvalid } from './problem.ts'

/** Who asks: a person, a key, or everybody else (`anonymous`, `citizen`). */
export interface Principal {
  /** A user's name, `key:{id}`, or `anonymous`. */
  id: string
  role: Role
}

/** What the middleware of `app.ts` has put on the request before a route sees it. */
export interface ApiEnv {
  Variables: {
    principal: Principal
    language: 'id' | 'en'
  }
}

/** A new router: what fails its schemas is answered as a problem (400) before the handler runs. */
export const createRouter = (): OpenAPIHono<ApiEnv> => new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid })
