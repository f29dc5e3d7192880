import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiContext } from '../context.ts'
import type { ApiEnv } from '../env.ts'

/** Every file of routes. A new one is one file, copied from `_blueprint.ts`, and one line here. */
export const ROUTES: readonly ((context: ApiContext) => OpenAPIHono<ApiEnv>)[] = []
