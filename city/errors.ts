/**
 * The one error class of the project. `code` is stable and for programs; the message says what is wrong and what
 * to do next; `problems` points at each wrong field. Data-quality findings are data, never errors.
 */
export class NadiError extends Error {
  override readonly name = 'NadiError'
  readonly code: ErrorCode
  readonly problems: readonly FieldProblem[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; problems?: readonly FieldProblem[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.problems = options.problems ?? []
  }
}

/** One wrong field: where (JSON pointer as in RFC 6901, or `file:line:column`) and what it should be. */
export interface FieldProblem {
  pointer: string
  detail: string
}

/**
 * Every code the project raises. `api/problem.ts` maps each to an HTTP status. After `store-unavailable` and
 * `rate-limited` the same call may succeed later; after `points-refused` what `problems` do not point at is stored.
 */
export type ErrorCode =
  | 'invalid-input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'unsupported-media-type'
  | 'rate-limited'
  | 'store-unavailable'
  | 'points-refused'
  | 'port-in-use'
  | 'city-not-running'
  | 'wrong-node'
  | 'insufficient-data'
  | 'damaged-model'
  | 'internal'
