import { X509Certificate } from 'node:crypto'
import { CLOCK_SKEW_MS, makeKeys, type Root, signServer } from './certificates.ts'
import { keyPem } from './request.ts'
import type { SecretFolder } from './secretFolder.ts'
import { PemConverter } from './x509.ts'

/** The certificate that the city shows on its TLS ports, and its key, in PEM. */
export interface ServerCertificate {
  cert: string
  key: string
  expiresMs: number
}

const FILE = 'server.pem'

/**
 * The one that is kept, or a new one when there is none, a third of its life is left, or it does not cover `names`, or
 * another authority signed it. Key and certificate are one file, so that they always fit.
 */
export const serverCertificate = async ({
  folder,
  root,
  names,
  nowMs,
  lifetimeMs,
}: {
  folder: SecretFolder
  root: Root
  names: readonly string[]
  nowMs: number
  lifetimeMs: number
}): Promise<ServerCertificate> => {
  const kept = parse(folder.read(FILE))
  if (kept && isGood(kept, root, names, nowMs + lifetimeMs / 3)) return kept
  const keys = await makeKeys()
  const validity = { fromMs: nowMs - CLOCK_SKEW_MS, toMs: nowMs + lifetimeMs }
  const signed = await signServer(root, keys.publicKey, names, validity)
  const cert = `${PemConverter.encode(signed.rawData, 'CERTIFICATE')}\n`
  const key = await keyPem(keys.privateKey)
  folder.write(FILE, cert + key)
  return { cert, key, expiresMs: signed.notAfter.getTime() }
}

/** Host names and addresses of a certificate. */
export const namesOf = (cert: string): string[] =>
  (new X509Certificate(cert).subjectAltName ?? '')
    .split(', ')
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))

const PARTS = /^(-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\s+)(-----BEGIN PRIVATE KEY-----.+)$/s

const parse = (text: string | undefined): ServerCertificate | undefined => {
  const [, cert, key] = PARTS.exec(text ?? '') ?? []
  if (cert === undefined || key === undefined) return undefined
  try {
    return { cert, key, expiresMs: Date.parse(new X509Certificate(cert).validTo) }
  } catch {
    return undefined
  }
}

const isGood = (
  { cert, expiresMs }: ServerCertificate,
  root: Root,
  names: readonly string[],
  untilMs: number,
): boolean => {
  const certificate = new X509Certificate(cert)
  const issuer = new X509Certificate(Buffer.from(root.certificate.rawData))
  return (
    expiresMs > untilMs &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey) &&
    names.every((name) => certificate.checkHost(name) ?? certificate.checkIP(name))
  )
}
