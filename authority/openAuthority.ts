import { constants } from 'node:crypto'
import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import { CLOCK_SKEW_MS, makeKeys, type Root, signDevice, signRevocations, signRoot } from './certificates.ts'
import { keyPem, keysOf, readRequest } from './request.ts'
import type { SecretFolder } from './secretFolder.ts'
import { namesOf, type ServerCertificate, serverCertificate } from './serverCertificate.ts'
import type { TlsSource } from './tlsSource.ts'
import { PemConverter, X509Certificate } from './x509.ts'

/**
 * The city's own certificate authority: made at first start, it signs the certificate by which devices know the city
 * (renewed by itself) and those by which the city knows devices.
 */
export interface Authority extends Disposable {
  /** Its root certificate in PEM: what a device checks the city against. Public. */
  certificate: string
  /** When the root runs out. */
  expiresMs: number
  server(): { names: readonly string[]; expiresMs: number }
  tls: TlsSource
  /**
   * Signs a device's certificate request. Throws `invalid-input` for a wrong one. Nothing is kept here: the caller
   * keeps the serial number before it hands the certificate on.
   */
  sign(request: string, device: string, days: number): Promise<SignedCertificate>
  /** The list of revoked certificates in PEM, for a TLS server elsewhere. */
  revocations(revoked: readonly { serial: string; revokedMs: number }[]): Promise<string>
  close(): void
}

export interface SignedCertificate {
  pem: string
  serial: string
  issuedMs: number
  expiresMs: number
}

export interface AuthorityOptions {
  folder: SecretFolder
  /** Host names and addresses under which the city is reached. */
  names: readonly string[]
  /** Wall clock, epoch milliseconds. */
  now: () => number
  log: Logger
  /** How often it is looked whether the server's certificate is due. */
  checkEveryMs?: number
  /** How long the server's certificate is valid; renewed when a third of it is left. */
  serverDays?: number
}

const ROOT_DAYS = 3653
const SERVER_DAYS = 90
const CHECK_EVERY_MS = 60_000
/** A week, and the day for which one list is given to everybody who asks. */
const REVOCATIONS_DAYS = 8
const DAY_MS = 86_400_000

/** Opens the authority, or makes it. Throws `store-unavailable` when its key is lost or does not fit. */
export const openAuthority = async ({
  folder,
  names,
  now,
  log,
  checkEveryMs = CHECK_EVERY_MS,
  serverDays = SERVER_DAYS,
}: AuthorityOptions): Promise<Authority> => {
  const root = await openRoot(folder, now())
  const certificate = pemOf(root.certificate)
  const lifetimeMs = serverDays * DAY_MS
  let server: ServerCertificate = await serverCertificate({ folder, root, names, nowMs: now(), lifetimeMs })
  const listeners = new Set<() => void>()
  let renewing: Promise<void> | undefined

  const renew = async (): Promise<void> => {
    try {
      const due = await serverCertificate({ folder, root, names, nowMs: now(), lifetimeMs })
      if (due.cert === server.cert) return
      server = due
      log.info({ expires: new Date(due.expiresMs).toISOString() }, 'the server’s certificate was renewed')
      for (const apply of listeners) apply()
    } catch (error) {
      log.error({ err: error }, 'the server’s certificate could not be renewed; tried again in a minute')
    } finally {
      renewing = undefined
    }
  }
  const timer = setInterval(() => {
    renewing ??= renew()
  }, checkEveryMs)
  timer.unref()
  const close = (): void => clearInterval(timer)

  return {
    certificate,
    expiresMs: root.certificate.notAfter.getTime(),
    server: () => ({ names: namesOf(server.cert), expiresMs: server.expiresMs }),
    tls: {
      options: () => ({
        cert: server.cert,
        key: server.key,
        ca: certificate,
        minVersion: 'TLSv1.2',
        requestCert: true,
        rejectUnauthorized: false,
        // Whoever is connected was judged by the certificate that it came with.
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      }),
      onRenewed(apply) {
        listeners.add(apply)
        return () => void listeners.delete(apply)
      },
    },
    async sign(request, device, days) {
      const key = await readRequest(request, device)
      const issuedMs = now()
      const toMs = Math.min(issuedMs + days * DAY_MS, root.certificate.notAfter.getTime())
      const signed = await signDevice(root, key, device, { fromMs: issuedMs - CLOCK_SKEW_MS, toMs })
      const expiresMs = signed.notAfter.getTime()
      return { pem: pemOf(signed), serial: signed.serialNumber.toUpperCase(), issuedMs, expiresMs }
    },
    revocations: (revoked) =>
      signRevocations(root, revoked, {
        fromMs: now() - CLOCK_SKEW_MS,
        toMs: now() + REVOCATIONS_DAYS * DAY_MS,
      }),
    close,
    [Symbol.dispose]: close,
  }
}

const KEY_FILE = 'ca-key.pem'
const CERTIFICATE_FILE = 'ca.pem'

const openRoot = async (folder: SecretFolder, nowMs: number): Promise<Root> => {
  const keptKey = folder.read(KEY_FILE)
  const kept = folder.read(CERTIFICATE_FILE)
  if (keptKey === undefined && kept !== undefined) throw lost('its key is not there')
  // The key is written first: one without a certificate has signed nothing yet.
  const keys = keptKey === undefined ? await makeKeys() : await keysOf(keptKey)
  if (keptKey === undefined) folder.write(KEY_FILE, await keyPem(keys.privateKey))
  if (kept !== undefined) {
    const certificate = new X509Certificate(kept)
    const mine = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey))
    if (!mine.equals(Buffer.from(certificate.publicKey.rawData))) throw lost('key and certificate do not fit')
    return { certificate, key: keys.privateKey }
  }
  const certificate = await signRoot(keys, {
    fromMs: nowMs - CLOCK_SKEW_MS,
    toMs: nowMs + ROOT_DAYS * DAY_MS,
  })
  folder.write(CERTIFICATE_FILE, pemOf(certificate))
  return { certificate, key: keys.privateKey }
}

const lost = (why: string): NadiError =>
  new NadiError(
    'store-unavailable',
    `The city's authority cannot be opened: ${why}. Restore secrets/authority from a backup, or move it away: then a new one is made, and every device needs its certificate anew.`,
  )

const pemOf = (certificate: X509Certificate): string =>
  `${PemConverter.encode(certificate.rawData, 'CERTIFICATE')}\n`
