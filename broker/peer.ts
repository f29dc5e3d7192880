import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Who is at the other end of a connection, before it says anything. */
export interface Peer {
  address: string
  /** The client certificate that it came with, if any, proven to be its own. */
  certificate?: PresentedCertificate
}

export interface PresentedCertificate {
  /** Upper-case hexadecimal, without leading zeros. */
  serial: string
  commonName: string
  /** Why it does not count, by TLS; nothing when the city's authority signed it and it is in time. */
  problem?: string
}

/** Reads it off the socket: over TLS with the certificate, also when that does not count. */
export const peerOf = (socket: Socket): Peer => {
  const address = socket.remoteAddress ?? ''
  const certificate = socket instanceof TLSSocket ? presented(socket) : undefined
  return certificate ? { address, certificate } : { address }
}

const presented = (socket: TLSSocket): PresentedCertificate | undefined => {
  // Typed as always there; empty where the client showed none.
  const { serialNumber, subject }: Partial<ReturnType<TLSSocket['getPeerCertificate']>> =
    socket.getPeerCertificate()
  if (serialNumber === undefined) return undefined
  return {
    serial: serialNumber.toUpperCase().replace(/^0+/, ''),
    commonName: [subject?.CN ?? []].flat().join(', '),
    ...(!socket.authorized && { problem: describe(codeOf(socket.authorizationError)) }),
  }
}

/** Node gives the code as text or as an error, whatever its types say. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

/** OpenSSL's codes in words; its own name for a rarer one. */
const describe = (code: string): string => PROBLEMS[code] ?? `it does not verify (${code})`

const FOREIGN = 'it was not signed by this city’s authority'
const PROBLEMS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: FOREIGN,
  UNABLE_TO_GET_ISSUER_CERT: FOREIGN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: FOREIGN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: FOREIGN,
  CERT_SIGNATURE_FAILURE: FOREIGN,
  INVALID_PURPOSE: 'it is not a client’s certificate',
}
