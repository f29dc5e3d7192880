import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import type { z } from 'zod'
import { NadiError, type ErrorCode, type FieldProblem } from '../city/errors.ts'

/**
 * Every error that leaves, as RFC 9457 problem details. The one place where a `NadiError`'s code becomes an HTTP
 * status. What nobody expected becomes a 500 that says nothing of its cause; the log has it.
 */
export interface Problem {
  type: string
  title: string
  status: number
  /** What is wrong and what to do next. */
  detail: string
  code: string
  errors?: WrongField[]
}

/** One wrong field: a JSON pointer (RFC 6901) into the body, or into the query with the parameter's name beside it. */
export interface WrongField {
  pointer: string
  parameter?: string
  detail: string
}

const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  'invalid-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'unsupported-media-type': 415,
  'rate-limited': 429,
  'store-unavailable': 503,
  'points-refused': 422,
  'port-in-use': 500,
  'city-not-running': 503,
  'wrong-node': 500,
  'insufficient-data': 422,
  'damaged-model': 422,
  internal: 500,
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'Who is asking?',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not enough data',
  429: 'Too many requests',
  500: 'Something went wrong here',
  503: 'Not available at the moment',
}

/** What to do about statuses that no `NadiError` explains. */
const ADVICE: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['invalid-input', 'The body could not be read. Send valid JSON with content type application/json.'],
  401: ['unauthenticated', 'Log in at /login, or send a key as "Authorization: Bearer KEY".'],
  403: ['forbidden', 'This request did not come from a page of this city. Open the page again and retry.'],
  404: ['not-found', 'There is nothing at this address. /docs lists what there is.'],
  413: ['too-large', 'The body is larger than 64 KB. Send less at a time.'],
  415: [
    'unsupported-media-type',
    'Send the body as the content type that /docs names, e.g. application/json.',
  ],
}

const UNEXPECTED = 'This is a fault of the city, not of the request. Try again later; its log has the cause.'

/** A problem as a response with its content type. */
export const problemResponse = (
  c: Context,
  problem: Problem,
  headers: Record<string, string> = {},
): Response =>
  c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...headers,
  })

/** A problem's body from its status, code and detail. */
export const describeProblem = (
  status: number,
  code: string,
  detail: string,
  errors: readonly FieldProblem[] = [],
): Problem => ({
  type: `/docs/problems#${code}`,
  title: TITLES[status] ?? 'The request failed',
  status,
  detail,
  code,
  ...(errors.length > 0 && { errors: [...errors] }),
})

/** Turns whatever a route threw into the problem that its caller sees. Never carries a stack or a cause. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof NadiError) {
    const status = STATUS[error.code]
    const detail = status === 500 ? UNEXPECTED : error.message
    return describeProblem(status, error.code, detail, error.problems)
  }
  if (error instanceof HTTPException && error.status < 500) {
    const [code, detail] = ADVICE[error.status] ?? ['invalid-input', error.message]
    return describeProblem(error.status, code, detail)
  }
  return describeProblem(500, 'internal', UNEXPECTED)
}

/** The application's `onError`: logs what is our fault, answers everything as a problem. */
export const onError =
  (log: Logger) =>
  (error: Error, c: Context): Response => {
    const problem = toProblem(error)
    if (problem.status >= 500)
      log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed')
    return problemResponse(c, problem, {
      ...(problem.status === 401 && { 'www-authenticate': 'Bearer realm="nadi"' }),
      ...(problem.status === 503 && { 'retry-after': '5' }),
    })
  }

/** The application's `notFound`. */
export const notFound = (c: Context): Response =>
  problemResponse(c, describeProblem(404, 'not-found', ADVICE[404]?.[1] ?? ''))

/** 405 with the methods that the address does have. */
export const methodNotAllowedProblem = (c: Context, methods: readonly string[]): Response =>
  problemResponse(
    c,
    describeProblem(405, 'method-not-allowed', `This address answers ${methods.join(', ')}.`),
    { allow: methods.join(', ') },
  )

/** Refuses what failed a route's schema, with one entry a wrong field. */
export const refuseInvalid = (
  result: { success: true } | { success: false; error: z.ZodError; target: string },
): void => {
  if (result.success) return
  const inQuery = result.target !== 'json' && result.target !== 'form'
  const errors = result.error.issues.flatMap((issue) => fieldsOf(issue, inQuery))
  const list = errors
    .map(({ pointer, detail }) => `${pointer.slice(1) || 'body'}: ${detail.replace(/\.$/, '')}`)
    .join('; ')
  throw new NadiError(
    'invalid-input',
    `The request has wrong fields: ${list}. Correct them and send it again.`,
    {
      problems: errors,
    },
  )
}

const fieldsOf = (issue: z.core.$ZodIssue, inQuery: boolean): WrongField[] => {
  const paths =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
  const detail = issue.code === 'unrecognized_keys' ? 'is not a known field' : issue.message
  return paths.map((path) => ({
    pointer: path.map((part) => `/${escapePointer(String(part))}`).join(''),
    ...(inQuery && path.length > 0 && { parameter: String(path[0]) }),
    detail,
  }))
}

const escapePointer = (segment: string): string => segment.replaceAll('~', '~0').replaceAll('/', '~1')
