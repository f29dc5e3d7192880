/**
 * Why a broker could not be reached, in a line: what went wrong and what to do about it. The words of Node's and of
 * OpenSSL's codes are known to few, and their stacks lead into libraries.
 */
export const whyUnreachable = (error: unknown): { code: string | undefined; toDo: string } => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const known = TO_DO.find(([codes]) => code !== undefined && codes.test(code))
  const message = error instanceof Error ? error.message : String(error)
  return { code, toDo: known?.[1] ?? (message === '' ? 'it gave no reason' : message) }
}

const TO_DO: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'nothing listens there: check that the city runs, and the port'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'no such name is known: check the address, and the name server'],
  [/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/, 'no way leads there: check network and firewall'],
  [/^(ECONNRESET|EPIPE)$/, 'it ended the connection: look at its log'],
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired: renew it there, and check the clock here'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another name: use the name that stands in it'],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/,
    'its certificate is of an authority unknown here: name its ca.pem in the settings',
  ],
]
